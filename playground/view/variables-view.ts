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

export function createVariablesView(host: HTMLElement, actions: VariablesActions): VariablesView {
  /** Names of those that are open. */
  const open = new Set<string>();
  let before = new Map<string, string>();

  function show(items: readonly Variable[]): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("details")?.dataset
      .name;
    const now = new Map(items.map((item) => [item.name, `${item.type} ${item.value}`]));
    const sorted = [...items].sort((a, b) => Number(isTool(a)) - Number(isTool(b)));
    const rows = sorted.map((item) =>
      rowOf(item, before.size > 0 && before.get(item.name) !== now.get(item.name)),
    );
    before = now;
    host.replaceChildren(
      ...(rows.length === 0 ? [h("p", { class: "empty" }, "What your cells define appears here.")] : rows),
    );
    if (focused === undefined) return;
    for (const row of host.querySelectorAll<HTMLElement>("details")) {
      if (row.dataset.name === focused) row.querySelector<HTMLElement>("summary")?.focus();
    }
  }

  function rowOf(item: Variable, isNew: boolean): HTMLElement {
    const { name, type, value } = item;
    const content = h("div", { class: "variable-content" });
    const details = h(
      "details",
      {
        class: `variable${isNew ? " is-new" : ""}`,
        "data-name": name,
        open: open.has(name),
        ontoggle() {
          if (details.open) open.add(name);
          else open.delete(name);
          if (details.open) void look(item, content);
        },
      },
      h(
        "summary",
        {},
        icon("chevron") as unknown as Node,
        h("span", { class: "variable-name" }, visible(name, 60)),
        h("span", { class: "variable-value" }, visible(value, 120)),
        h("span", { class: "variable-type" }, visible(type, 40)),
      ),
      content,
    );
    return details;
  }

  async function look(item: Variable, content: HTMLElement): Promise<void> {
    content.replaceChildren(h("p", { class: "muted" }, "Looking…"));
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
