/** The session's variables. One that is opened is evaluated in a fork that is thrown away, so that looking changes nothing. */
import type { InspectAnswers, Session } from "wasm-repl/browser";
import { tableOf } from "./data-table.js";
import { displayView } from "./displays.js";
import { h, icon, reachScrolled } from "./dom.js";
import { visible } from "./names.js";

type Variable = InspectAnswers["variables"]["items"][number];

export interface VariablesActions {
  /** Something that reads the session. */
  read<T>(action: (session: Session) => Promise<T>): Promise<T | undefined>;
}

/** Data comes before what works on it. */
function isTool({ type }: Variable): boolean {
  return /^(module|type|function|builtin_function_or_method|Function|AsyncFunction|GeneratorFunction)$/.test(
    type,
  );
}

/** Looking at a value may run code of its class. */
const longestLookMs = 3000;
/** In characters. */
const longestDescription = 4000;

export interface VariablesView {
  refresh(): Promise<void>;
}

interface Row {
  readonly element: HTMLDetailsElement;
  /** @param tellsNews Whether what differs from before is marked. */
  update(item: Variable, tellsNews: boolean): void;
}

export function createVariablesView(host: HTMLElement, actions: VariablesActions): VariablesView {
  const rows = new Map<string, Row>();
  const empty = h("p", { class: "empty" }, "What your cells define appears here.");

  function show(items: readonly Variable[]): void {
    const hadAny = rows.size > 0;
    const names = new Set(items.map(({ name }) => name));
    for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
    const sorted = [...items].sort((a, b) => Number(isTool(a)) - Number(isTool(b)));
    const elements = sorted.map((item) => {
      const row = rows.get(item.name) ?? makeRow(item);
      rows.set(item.name, row);
      row.update(item, hadAny);
      return row.element;
    });
    const children: HTMLElement[] = elements.length === 0 ? [empty] : elements;
    const isSame =
      children.length === host.childElementCount &&
      children.every((child, at) => host.children[at] === child);
    if (isSame) return;
    const focused = document.activeElement;
    host.replaceChildren(...children);
    if (focused instanceof HTMLElement && host.contains(focused)) focused.focus();
  }

  function makeRow(first: Variable): Row {
    let item = first;
    let before: string | undefined;
    const value = h("span", { class: "variable-value" });
    const type = h("span", { class: "variable-type" });
    const content = h("div", { class: "variable-content" });
    const element = h(
      "details",
      { class: "variable", "data-name": item.name, ontoggle: () => element.open && void look(item, content) },
      h(
        "summary",
        {},
        icon("chevron") as unknown as Node,
        h("span", { class: "variable-name" }, visible(item.name, 60)),
        value,
        type,
      ),
      content,
    );
    return {
      element,
      update(to, tellsNews) {
        item = to;
        const now = `${to.type} ${to.value}`;
        element.classList.toggle("is-new", tellsNews && now !== before);
        before = now;
        value.textContent = visible(to.value, 120);
        type.textContent = visible(to.type, 40);
        if (element.open) void look(item, content);
      },
    };
  }

  async function look(item: Variable, content: HTMLElement): Promise<void> {
    // What it was stays to be seen until it is known what it is.
    if (content.childElementCount === 0) content.append(h("p", { class: "muted" }, "Looking…"));
    try {
      const shown = await actions.read((session) => lookAt(session, item));
      content.replaceChildren(shown ?? h("p", { class: "muted" }, "There is nothing to see."));
      reachScrolled(content);
    } catch (error) {
      content.replaceChildren(h("p", { class: "muted" }, (error as Error).message));
    }
  }

  show([]);
  return {
    async refresh() {
      const answer = await actions.read((session) => session.inspect({ kind: "variables", code: "" }));
      show(answer?.items ?? []);
    },
  };
}

async function lookAt(session: Session, item: Variable): Promise<HTMLElement> {
  const { name } = item;
  // A name space may have names that code cannot say.
  if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name))
    return h("p", { class: "muted" }, "Code cannot name this one.");
  if (isTool(item)) {
    const { head, text } = (await session.inspect({ kind: "describe", code: name })) ?? {};
    if (head !== undefined)
      return h(
        "pre",
        { class: "text" },
        [head, text].filter(Boolean).join("\n\n").slice(0, longestDescription),
      );
  }
  const fork = await session.fork({ maxOutputBytes: 200_000, timeoutMs: longestLookMs, checkpoints: false });
  try {
    const { value, display, result, error } = await fork.run(name, { value: true });
    const table = tableOf(value);
    if (table !== undefined) return table;
    if (display !== undefined) return h("div", {}, ...display.map(displayView));
    return h("pre", { class: `text${error === undefined ? "" : " error"}` }, error ?? result ?? "None");
  } finally {
    await fork.close();
  }
}
