/** The cells that led to the state at hand, with what became of each. */
import type { Language } from "wasm-repl/browser";
import { inTime } from "../model/limits.js";
import type { Outcome } from "../model/outcome.js";
import type { OutputLog } from "../model/output-log.js";
import { pathTo, type Step, type Steps } from "../model/steps.js";
import { displayView } from "./displays.js";
import { button, h, reachScrolled } from "./dom.js";
import { highlighted, isExpression } from "./highlight.js";
import { createOutputView, type OutputView } from "./output.js";

export interface CellActions {
  readonly language: Language;
  logOf(step: Step): OutputLog;
  download(step: Step): void;
  /** Puts a cell's code into the editor. */
  edit(code: string): void;
  goTo(step: Step): void;
}

export interface CellsView {
  /** Shows the path to the session's state. */
  show(steps: Steps): void;
  wrote(step: Step): void;
  ended(step: Step): void;
  /** Asks for a line where the cell's output is; undefined for the end of input. */
  ask(step: Step): Promise<string | undefined>;
}

interface Shown {
  readonly element: HTMLElement;
  readonly output?: OutputView;
  readonly result?: HTMLElement;
  readonly asking?: HTMLElement;
}

export function createCellsView(list: HTMLOListElement, actions: CellActions): CellsView {
  const shown = new Map<number, Shown>();

  function show(steps: Steps): void {
    const path = pathTo(steps, steps.head).filter(({ kind }) => kind !== "start");
    const ids = new Set(path.map(({ id }) => id));
    for (const [id, { element }] of shown) {
      if (ids.has(id)) continue;
      element.remove();
      shown.delete(id);
    }
    for (const [index, step] of path.entries()) {
      const there = shown.get(step.id) ?? makeEntry(step);
      shown.set(step.id, there);
      if (list.children[index] !== there.element)
        list.insertBefore(there.element, list.children[index] ?? null);
      there.element.classList.toggle("is-head", step.id === steps.head);
    }
    reachScrolled(list);
  }

  function makeEntry(step: Step): Shown {
    if (step.kind !== "cell") return { element: eventEntry(step, actions) };
    const code = step.code ?? "";
    const output = createOutputView(actions.logOf(step), () => actions.download(step));
    const result = h("div", { class: "outcome" });
    const asking = h("div", { class: "asking" });
    const element = h(
      "li",
      { class: "cell", "data-step": step.id },
      h("div", { class: "cell-number", "aria-hidden": "true" }, String(step.id)),
      h("div", { class: "cell-body" }, codeOf(step), output.element, asking, result),
      h(
        "div",
        { class: "cell-actions" },
        button({
          class: "ghost",
          icon: "edit",
          label: `Put cell ${step.id} into the editor`,
          onclick: () => actions.edit(code),
        }),
        button({
          class: "ghost only-past",
          icon: "undo",
          label: `Go back to after cell ${step.id}`,
          onclick: () => actions.goTo(step),
        }),
      ),
    );
    if (step.outcome === undefined) result.append(h("p", { class: "state running" }, "Running…"));
    else showOutcome(result, step, step.outcome);
    return { element, output, result, asking };
  }

  function codeOf(step: Step): HTMLElement {
    const code = highlighted(step.code ?? "", actions.language, step.outcome?.errorLine);
    return h("pre", { class: "code", "aria-label": `Cell ${step.id}` }, code);
  }

  function showOutcome(result: HTMLElement, step: Step, outcome: Outcome): void {
    result.replaceChildren();
    for (const display of outcome.display) result.append(displayView(display));
    if (outcome.result !== undefined && showsResult(step, outcome, actions.language)) {
      result.append(h("pre", { class: "text value" }, clipped(outcome.result)));
    }
    if (outcome.error !== undefined) result.append(h("pre", { class: "text error" }, clipped(outcome.error)));
    const how = [
      outcome.stopped === undefined ? "" : stopWords[outcome.stopped],
      inTime(outcome.durationMs),
      outcome.stopped !== undefined && outcome.note === undefined ? "what it had defined is kept" : "",
    ];
    result.append(
      h(
        "p",
        { class: `state${outcome.error === undefined ? "" : " failed"}` },
        how.filter(Boolean).join(" · "),
      ),
      outcome.note !== undefined ? h("p", { class: "note" }, outcome.note) : "",
    );
  }

  return {
    show,
    wrote: (step) => shown.get(step.id)?.output?.update(),
    ended(step) {
      const { element, output, result, asking } = shown.get(step.id) ?? {};
      output?.update();
      asking?.replaceChildren();
      if (result !== undefined && step.outcome !== undefined) showOutcome(result, step, step.outcome);
      if (step.outcome?.errorLine !== undefined) element?.querySelector(".code")?.replaceWith(codeOf(step));
      if (element !== undefined) reachScrolled(element);
    },
    ask(step) {
      const { asking } = shown.get(step.id) ?? {};
      return new Promise((resolve) => {
        const answer = (line: string | undefined) => {
          asking?.replaceChildren();
          resolve(line);
        };
        const field = h("input", {
          type: "text",
          autocomplete: "off",
          "aria-label": "The code asks for a line of input",
        });
        const form = h(
          "form",
          {
            onsubmit(event) {
              event.preventDefault();
              answer(`${field.value}\n`);
            },
          },
          field,
          h("button", { class: "small" }, "Send"),
          button({ class: "small quiet", text: "End of input", onclick: () => answer(undefined) }),
        );
        asking?.replaceChildren(form);
        field.focus();
      });
    },
  };
}

/** In characters. */
const longestShown = 60_000;

function clipped(text: string): string {
  if (text.length <= longestShown) return text;
  const half = longestShown / 2;
  const left = (text.length - longestShown).toLocaleString("en");
  return `${text.slice(0, half)}\n… [${left} characters are not shown] …\n${text.slice(-half)}`;
}

const stopWords = {
  timeout: "Stopped at the time limit",
  cpu: "Stopped at the time limit",
  interrupt: "Stopped",
  memory: "Stopped at the memory limit",
  output: "Stopped at the output limit",
  calls: "Stopped",
} as const;

/** A cell of Python that is one expression has printed its value already. */
function showsResult({ code = "" }: Step, { display }: Outcome, language: Language): boolean {
  return display.length === 0 && !(language === "python" && isExpression(code));
}

/** What is no cell: a fork, files, a state from elsewhere. */
function eventEntry(step: Step, { language, edit }: CellActions): HTMLElement {
  const entry = h("li", { class: "event", "data-step": step.id }, h("p", {}, step.label ?? ""));
  if (step.cells === undefined || step.cells.length === 0) return entry;
  const cells = step.cells.map((code, index) =>
    h(
      "li",
      {},
      h("pre", { class: "code", "aria-label": `Earlier cell ${index + 1}` }, highlighted(code, language)),
      button({
        class: "ghost",
        icon: "edit",
        label: `Put earlier cell ${index + 1} into the editor`,
        onclick: () => edit(code),
      }),
    ),
  );
  const count = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
  entry.append(
    h(
      "details",
      {},
      h("summary", {}, `The ${count} that led to it`),
      h("ol", { class: "earlier" }, ...cells),
    ),
  );
  return entry;
}
