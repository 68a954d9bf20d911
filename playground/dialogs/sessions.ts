import type { Language } from "wasm-repl/browser";
import { nameOf } from "../desk.js";
import type { Notebook } from "../model/notebook.js";
import { removeStored } from "../model/store.js";
import { type ListedSession, listSessions } from "../sessions.js";
import { openDialog } from "../view/dialog.js";
import { button, byId, h } from "../view/dom.js";
import { visible } from "../view/names.js";

export interface SessionsActions {
  begin(language: Language): void;
  open(id: string): void;
  openFile(file: File): void;
}

const languageNames = { python: "Python", javascript: "JavaScript" };

export async function showSessions(current: Notebook | undefined, actions: SessionsActions): Promise<void> {
  await current?.settled();
  // Before there is a dialog, which would grow under the pointer.
  const kept = await listSessions(nameOf);
  const list = h("ul", { class: "sessions" });
  const after = (action: () => void) => () => {
    close();
    action();
  };
  const file = h("input", {
    type: "file",
    class: "unseen",
    id: "open-file",
    onchange() {
      const chosen = file.files?.[0];
      if (chosen !== undefined) after(() => actions.openFile(chosen))();
    },
  });
  const { close } = openDialog("Sessions", [
    h(
      "div",
      { class: "row" },
      button({ class: "tool", text: "New Python session", onclick: after(() => actions.begin("python")) }),
      button({
        class: "tool",
        text: "New JavaScript session",
        onclick: after(() => actions.begin("javascript")),
      }),
      file,
      h("label", { class: "tool", for: "open-file" }, "Open a snapshot file…"),
    ),
    current === undefined ? "" : nameField(current, refresh),
    h("h3", {}, "Kept in this browser"),
    list,
  ]);

  async function refresh(): Promise<void> {
    show(await listSessions(nameOf));
  }

  function show(sessions: readonly ListedSession[]): void {
    list.replaceChildren(
      ...(sessions.length === 0
        ? [h("li", { class: "empty" }, "None yet: a session is kept with its first cell.")]
        : sessions.map(rowOf)),
    );
  }

  function rowOf({ id, language, name, cellCount, modifiedMs }: ListedSession): HTMLElement {
    const isCurrent = id === current?.id;
    const cells = `${cellCount} ${cellCount === 1 ? "cell" : "cells"}`;
    const about = `${languageNames[language]} · ${cells} · ${new Date(modifiedMs).toLocaleString()}`;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "session-row",
          "aria-current": isCurrent ? "true" : undefined,
          onclick: after(() => !isCurrent && actions.open(id)),
        },
        h("strong", {}, visible(name, 60)),
        h("span", { class: "muted" }, isCurrent ? `${about} · open here` : about),
      ),
      !isCurrent &&
        button({
          class: "ghost",
          icon: "trash",
          label: `Remove the session ${visible(name, 60)}`,
          onclick: async () => {
            if (!(await removeStored(id)))
              list.prepend(h("li", { class: "note" }, "It is open in another tab, and stays."));
            else await refresh();
          },
        }),
    );
  }

  show(kept);
}

/** In characters. */
const longestName = 60;

function nameField(notebook: Notebook, onChange: () => Promise<void>): HTMLElement {
  const field = h("input", {
    type: "text",
    id: "session-label",
    maxlength: longestName,
    value: notebook.name,
  });
  field.placeholder = nameOf(notebook);
  field.addEventListener("change", async () => {
    notebook.rename(field.value.trim());
    byId("session-name").textContent = nameOf(notebook);
    await notebook.settled();
    await onChange();
  });
  return h("div", { class: "fields" }, h("label", { for: "session-label" }, "Name of this session"), field);
}
