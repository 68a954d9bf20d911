/** One open session in the page: what the buttons do to it, and what is shown of it. */
import type { Language } from "wasm-repl/browser";
import { createNotebook, type Notebook, type NotebookOptions, type Phase } from "./model/notebook.js";
import { cellsTo, childrenOf, type Step, stepOf, titleOf } from "./model/steps.js";
import { type CellsView, createCellsView } from "./view/cells-view.js";
import { button, byId, h } from "./view/dom.js";
import type { Editor } from "./view/editor.js";
import { createFilesView, type FilesView } from "./view/files-view.js";
import { saveAs, visible } from "./view/names.js";
import type { Notices } from "./view/notices.js";
import { createPhaseView } from "./view/phase-view.js";
import { createTreeView } from "./view/tree-view.js";
import { createVariablesView } from "./view/variables-view.js";

export interface DeskSurroundings {
  readonly editor: Editor;
  readonly notices: Notices;
  /** Says something to those who cannot see it. */
  announce(text: string): void;
  /** Moves the last cell into view. */
  toEnd(): void;
  /** Opens a new session of this language, whose editor has these cells. */
  begin(language: Language, cells: readonly string[]): void;
  changeLimits(): void;
}

export interface Desk {
  readonly notebook: Notebook;
  readonly files: FilesView;
  run(keeps: boolean): Promise<void>;
  stop(): void;
  undo(): Promise<void>;
  fork(): Promise<void>;
  /** Puts cells into the editor, one after the other; none of them runs. */
  offer(cells: readonly string[]): void;
  recall(step: -1 | 1): void;
  /** Whether something is gone with the page: a cell that runs, or what could not be kept. */
  wouldBeLost(): boolean;
  close(): Promise<void>;
}

export function createDesk(options: NotebookOptions, surroundings: DeskSurroundings): Desk {
  const { editor, notices, announce } = surroundings;
  const { language } = options;
  /** Cells that wait for their turn in the editor. */
  let waiting: string[] = [];
  let recalled: number | undefined;
  let memoryBytes: number | undefined;
  let isClosed = false;

  const phaseView = createPhaseView(language, notices, {
    retry: () => void notebook.open(),
    changeLimits: surroundings.changeLimits,
    beginAnew: () => surroundings.begin(language, cellsTo(notebook.steps, notebook.steps.head)),
  });
  const notebook = createNotebook(options, {
    phase: showPhase,
    moved() {
      showSteps();
      if (notebook.phase.is === "running") surroundings.toEnd();
      if (notebook.phase.is === "ready") void refresh();
    },
    wrote: (step) => cells.wrote(step),
    ended(step) {
      cells.ended(step);
      memoryBytes = step.outcome?.memoryBytes ?? memoryBytes;
      announce(endInWords(step));
      showSteps();
    },
    keeping(keeping) {
      const words = { kept: "Kept in this browser", keeping: "Keeping…", problem: "Not kept" };
      byId("kept").textContent = words[keeping.is];
      byId("kept").dataset.is = keeping.is;
      if (keeping.is !== "problem") return notices.hide("storage");
      const advice = "This session goes on, and is gone when the page is. A snapshot file keeps it.";
      notices.show("storage", `${keeping.reason}. ${advice}`);
    },
    ask: (step) => {
      announce("The code asks for a line of input.");
      return cells.ask(step);
    },
  });

  const cells: CellsView = createCellsView(byId<HTMLOListElement>("cells"), {
    language,
    logOf: notebook.logOf,
    download: (step) =>
      notebook.wholeOutput(step).then(
        (text) => saveAs(`output-${step.id}.txt`, text),
        (error) => problem(error.message),
      ),
    edit(code) {
      editor.set(code);
      editor.focus();
    },
    goTo,
  });
  const tree = createTreeView(byId("tree"), { goTo, remove: (step) => void notebook.remove(step.id) });
  const variables = createVariablesView(byId("variables"), { read: notebook.read });
  const files = createFilesView(byId("files"), {
    read: notebook.read,
    change: notebook.changeFiles,
    problem,
  });

  function problem(message: string): void {
    notices.show("problem", message);
  }

  function showSteps(): void {
    if (isClosed) return;
    const { steps } = notebook;
    cells.show(steps);
    tree.show(steps);
    byId("welcome").hidden = steps.head !== 0 || stepOf(steps, 0).kind !== "start";
    const later = childrenOf(steps, steps.head);
    byId("later").hidden = later.length === 0;
    byId("later").replaceChildren(
      h(
        "p",
        {},
        later.length === 1 ? "What came after is in the history:" : "What came after, each its own way:",
      ),
      ...later.map((step) =>
        button({
          class: "later-step",
          text: titleOf(step).slice(0, 80),
          icon: "chevron",
          onclick: () => goTo(step),
        }),
      ),
    );
    byId("session-name").textContent = nameOf(notebook);
    showTools();
  }

  function showTools(): void {
    const { is } = notebook.phase;
    const isIdle = is === "ready";
    byId("run").hidden = is === "running";
    byId("stop").hidden = is !== "running";
    byId<HTMLButtonElement>("run").disabled = is === "failed";
    byId<HTMLButtonElement>("undo").disabled = !isIdle || notebook.steps.head === 0;
    byId<HTMLButtonElement>("fork").disabled = !isIdle;
    document.body.dataset.phase = is;
  }

  function showPhase(phase: Phase): void {
    showTools();
    phaseView.show(phase);
    if (phase.is !== "ready") return;
    phaseView.showLimits(notebook.limits, memoryBytes);
    void refresh();
  }

  async function refresh(): Promise<void> {
    await Promise.all([variables.refresh(), files.refresh()]).catch((error) => problem(error.message));
    const stats = await notebook.read((session) => session.stats()).catch(() => undefined);
    if (stats === undefined || isClosed) return;
    memoryBytes = stats.memoryBytes;
    phaseView.showLimits(notebook.limits, memoryBytes);
  }

  async function goTo(step: Step): Promise<void> {
    if (notebook.phase.is !== "ready" || step.id === notebook.steps.head) return;
    await notebook.goTo(step.id).then(
      () => announce(`At the state after: ${titleOf(step)}`),
      (error) => problem(error.message),
    );
  }

  function showWaiting(): void {
    const host = byId("waiting");
    host.hidden = waiting.length === 0;
    const count = `${waiting.length} more ${waiting.length === 1 ? "cell waits" : "cells wait"}`;
    host.replaceChildren(
      h("p", {}, count),
      button({ class: "small", text: "Run all", onclick: () => void runAll() }),
      button({ class: "small quiet", text: "Discard", onclick: () => offer([]) }),
    );
  }

  function offer(offered: readonly string[]): void {
    const [first, ...others] = offered;
    waiting = others;
    if (first !== undefined) editor.offer(first);
    showWaiting();
  }

  async function run(keeps: boolean): Promise<boolean> {
    const code = editor.text();
    if (code.trim() === "" || notebook.phase.is === "running") return false;
    recalled = undefined;
    if (!keeps) editor.set("");
    const step = await notebook.run(code).catch((error) => problem(error.message));
    if (isClosed) return false;
    const outcome = step?.outcome;
    if (outcome?.error === undefined && step !== undefined) {
      if (!keeps && waiting.length > 0 && editor.text() === "") offer(waiting);
      return true;
    }
    // What failed is there to be put right, unless something else has been written meanwhile.
    if (editor.text() === "") editor.set(code);
    if (outcome?.errorLine !== undefined && editor.text() === code) {
      editor.markError(outcome.errorLine, outcome.errorMessage ?? "");
    }
    return false;
  }

  async function runAll(): Promise<void> {
    while ((await run(false)) && editor.text() !== "");
  }

  showSteps();
  showWaiting();
  void notebook.open();

  return {
    notebook,
    files,
    async run(keeps) {
      await run(keeps);
    },
    stop: () => notebook.stop(),
    async undo() {
      const step = stepOf(notebook.steps, notebook.steps.head);
      if (notebook.phase.is !== "ready" || step.parent === undefined) return;
      await goTo(stepOf(notebook.steps, step.parent));
      if (editor.text().trim() === "" && step.code !== undefined) editor.set(step.code);
      announce(`Undone: ${titleOf(step)}`);
    },
    async fork() {
      if (notebook.phase.is !== "ready") return;
      const count = [...notebook.steps.all.values()].filter(({ kind }) => kind === "fork").length;
      await notebook.fork(`Fork ${count + 1}`);
      announce(`Fork ${count + 1} goes on from here`);
    },
    offer,
    recall(by) {
      const codes = cellsTo(notebook.steps, notebook.steps.head);
      const next = Math.min(codes.length, Math.max(0, (recalled ?? codes.length) + by));
      if (next === (recalled ?? codes.length)) return;
      recalled = next;
      editor.set(codes[next] ?? "");
    },
    wouldBeLost: () =>
      notebook.phase.is === "running" ||
      (byId("kept").dataset.is === "problem" && notebook.steps.all.size > 1),
    async close() {
      isClosed = true;
      phaseView.close();
      notices.hide("storage");
      await notebook.close();
      byId("cells").replaceChildren();
    },
  };
}

/** What it is called, or else its first cell. */
export function nameOf({ name, steps }: Pick<Notebook, "name" | "steps">): string {
  if (name !== "") return visible(name, 60);
  const first = [...steps.all.values()].find(({ kind }) => kind === "cell" || kind === "opened");
  return first === undefined ? "New session" : visible(titleOf(first), 40);
}

function endInWords({ id, outcome }: Step): string {
  if (outcome?.errorMessage !== undefined) return `Cell ${id} failed: ${outcome.errorMessage.slice(0, 200)}`;
  return `Cell ${id} has run${outcome?.result === undefined ? "" : `: ${outcome.result.slice(0, 200)}`}`;
}
