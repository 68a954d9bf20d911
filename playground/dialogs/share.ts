import { inBytes } from "../model/limits.js";
import { linkOf } from "../model/link.js";
import type { Notebook } from "../model/notebook.js";
import { cellsTo } from "../model/steps.js";
import { openDialog } from "../view/dialog.js";
import { button, h } from "../view/dom.js";
import { saveAs } from "../view/names.js";

/** In characters: what chat programs and mails may cut off. */
const longLink = 8000;

export async function showShare(notebook: Notebook, name: string): Promise<void> {
  const whole = h("div", { class: "share-part" });
  const bare = h("div", { class: "share-part" });
  const file = h("div", { class: "share-part" });
  openDialog("Share", [
    h(
      "p",
      { class: "muted" },
      "Nothing is uploaded: a link holds all of it by itself, after the # that browsers do not send to servers.",
    ),
    h("h3", {}, "The session, as a link"),
    h("p", {}, "Variables, files and everything else as they are now. Whoever opens it goes on from here."),
    whole,
    h("h3", {}, "Its cells, as a link"),
    h("p", {}, "Only the code, to be run anew."),
    bare,
    h("h3", {}, "The session, as a file"),
    file,
  ]);
  const { language, steps } = notebook;
  const cells = cellsTo(steps, steps.head);
  bare.replaceChildren(linkRow("Link with the cells", await linkOf({ language, cells })));
  whole.replaceChildren(h("p", { class: "muted" }, "Taking a snapshot…"));
  try {
    const snapshot = await notebook.read((session) => session.snapshot());
    if (snapshot === undefined) throw new Error("There is no interpreter.");
    const bytes = new Uint8Array(snapshot);
    const link = await linkOf({ language, cells, snapshot: bytes });
    whole.replaceChildren(
      link === undefined ? tooLarge(bytes.length) : linkRow("Link with the session", link),
    );
    const runner = language === "python" ? "pyrunner" : "jsrunner";
    file.replaceChildren(
      button({
        class: "tool",
        icon: "down",
        text: `Download the snapshot (${inBytes(bytes.length)})`,
        onclick: () => saveAs(`${name.replace(/\W+/g, "-").slice(0, 40) || "session"}.session`, bytes),
      }),
      h(
        "p",
        { class: "muted" },
        "It is opened here under Sessions, and goes on in a terminal with ",
        h("code", {}, `npx ${runner} --session FILE`),
        ".",
      ),
    );
  } catch (error) {
    whole.replaceChildren(h("p", { class: "note" }, (error as Error).message));
  }
}

function tooLarge(bytes: number): HTMLElement {
  return h(
    "p",
    { class: "note" },
    `With ${inBytes(bytes)} this session is too large for a link. The file below holds it.`,
  );
}

function linkRow(label: string, fragment: string | undefined): HTMLElement {
  if (fragment === undefined) return h("p", { class: "note" }, "They are too long for a link.");
  const address = location.origin + location.pathname + location.search + fragment;
  const field = h("input", {
    type: "text",
    readonly: true,
    value: address,
    "aria-label": label,
    onfocus: () => field.select(),
  });
  const copy = button({
    class: "tool",
    text: "Copy",
    label: `Copy: ${label}`,
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(address);
        copy.textContent = "Copied";
      } catch {
        field.select();
        copy.textContent = "Copy it from the field";
      }
    },
  });
  const count = `${address.length.toLocaleString("en")} characters`;
  const warning =
    address.length > longLink
      ? `${count}: some chat and mail programs cut off links of this length.`
      : `${count}.`;
  return h("div", {}, h("div", { class: "row link-row" }, field, copy), h("p", { class: "muted" }, warning));
}
