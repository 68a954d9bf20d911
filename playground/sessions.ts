/** Where sessions come from: the browser's storage, a link, a file, or nothing. */
import { inspectSnapshot, type Language } from "wasm-repl/browser";
import { readTree } from "./model/kept-tree.js";
import type { NotebookOptions } from "./model/notebook.js";
import { newSteps, type Step } from "./model/steps.js";
import { copyStored, openStore, type Store, storageProblem, storedSessions } from "./model/store.js";
import { readLimits } from "./settings.js";

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function storeFor(id: string): Promise<Pick<NotebookOptions, "store" | "storageProblem">> {
  try {
    const opened = await openStore(id, true);
    return typeof opened === "string" ? { storageProblem: "The browser's storage is in use" } : opened;
  } catch (error) {
    return { storageProblem: storageProblem(error) };
  }
}

export async function newSession(language: Language): Promise<NotebookOptions> {
  const id = newId();
  return {
    id,
    language,
    name: "",
    steps: newSteps({ kind: "start" }),
    limits: readLimits(),
    ...(await storeFor(id)),
  };
}

/** A session that goes on from a snapshot. Throws as `inspectSnapshot` does. */
export async function sessionFrom(
  snapshot: Uint8Array,
  label: string,
  cells: readonly string[] = [],
): Promise<NotebookOptions> {
  const { language } = inspectSnapshot(snapshot);
  const id = newId();
  const first: Omit<Step, "id" | "madeMs"> = { kind: "opened", label, cells, state: "whole" };
  const states = new Map([[0, snapshot]]);
  return {
    id,
    language,
    name: "",
    steps: newSteps(first),
    states,
    limits: readLimits(),
    ...(await storeFor(id)),
  };
}

/** One that is kept. `damaged`: with what is wrong; the storage is left as it is. */
export async function storedSession(
  id: string,
): Promise<
  { options: NotebookOptions } | { problem: "missing" | "owned" } | { problem: "damaged"; reason: string }
> {
  let opened: { store: Store } | "missing" | "owned";
  try {
    opened = await openStore(id, false);
  } catch {
    return { problem: "missing" };
  }
  if (typeof opened === "string") return { problem: opened };
  const { store } = opened;
  try {
    const text = await store.read("tree.json");
    if (text === undefined) {
      store.release();
      return { problem: "missing" };
    }
    const tree = readTree(new TextDecoder().decode(text));
    return { options: { id, ...tree, limits: readLimits(), store } };
  } catch (error) {
    store.release();
    return { problem: "damaged", reason: (error as Error).message };
  }
}

export async function copyOf(id: string): Promise<string> {
  const copy = newId();
  await copyStored(id, copy);
  return copy;
}

export interface ListedSession {
  readonly id: string;
  readonly language: Language;
  readonly name: string;
  readonly cellCount: number;
  readonly modifiedMs: number;
}

/** Those that are kept and can be read, the last used ones first. None where nothing is kept. */
export async function listSessions(
  nameOf: (tree: ReturnType<typeof readTree>) => string,
): Promise<ListedSession[]> {
  const stored = await storedSessions().catch(() => []);
  return stored.flatMap(({ id, tree: text, modifiedMs }) => {
    try {
      const tree = readTree(text);
      const cellCount = [...tree.steps.all.values()].filter(({ kind }) => kind === "cell").length;
      return [{ id, language: tree.language, name: nameOf(tree), cellCount, modifiedMs }];
    } catch {
      return [];
    }
  });
}
