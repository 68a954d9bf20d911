import { ErrnoError } from "../../errno.js";
import { GuestMemory } from "../guest-memory.js";
import { type Shower, showBySignature } from "./parameters.js";
import { longestShown, shownBytes } from "./shown.js";
import { type Signatures, wasiSignatures } from "./signatures.js";

/** What is asked of the engine to show the values that its driver passes: cells that hold them. */
export interface QuickJsEngine {
  readonly exports: {
    readonly memory: WebAssembly.Memory;
    qjs_get_float64(cell: number): number;
  };
  /** Undefined, with an error pending in the engine, if the cell cannot be had as text. */
  withBytes<Result>(cell: number, use: (bytes: Uint8Array) => Result): Result | undefined;
}

const signatures: Signatures = { ...wasiSignatures, host_module_normalize: "zz", host_module_load: "zp" };

/** Not asked for by code: the engine looks whether it is to stop, and tells of promises. */
export const quickJsInternals: ReadonlySet<string> = new Set(["host_interrupt", "host_promise_rejection"]);

/** The values behind an operation: numbers, or strings. Of the others their number alone says something. */
const valuesOf: Readonly<Record<string, ReadonlyArray<"number" | "text">>> = {
  write: ["number", "text"],
  random: ["number"],
  exit: ["number"],
  fileCall: ["text"],
  readBytes: ["text"],
  readText: ["text"],
  writeText: ["text", "text"],
  writeBytes: ["text"],
  call: ["text", "text"],
  cancel: ["number"],
  receive: ["number"],
  display: ["text", "text"],
};
/** Operations that answer with a string, which tells of errors too. */
const answering: ReadonlySet<string> = new Set([
  "readLine",
  "readAll",
  "classOf",
  "fileCall",
  "readText",
  "lastErrno",
  "writeText",
  "writeBytes",
  "receive",
]);

/** The driver's one host function is shown with its operation by name, and what it passes as text. */
export function showQuickJsCall(
  engine: () => QuickJsEngine,
  operations: Readonly<Record<string, number>>,
): Shower {
  const names = new Map(Object.entries(operations).map(([name, number]) => [number, name]));
  let memory: GuestMemory | undefined;
  return (name, args) => {
    const current = engine();
    memory ??= new GuestMemory(current.exports.memory);
    if (name === "host_call") return showHostCall(args.map(Number), current, memory, names);
    return showBySignature(signatures, memory, (call) =>
      Object.hasOwn(wasiSignatures, call) ? "errno" : "value",
    )(name, args);
  };
}

function showHostCall(
  [, , , count = 0, list = 0]: readonly number[],
  engine: QuickJsEngine,
  memory: GuestMemory,
  names: ReadonlyMap<number, string>,
): ReturnType<Shower> {
  const { exports } = engine;
  const cells = cellsOf(memory, list, Math.min(count, 4));
  const number = cells[0] === undefined ? -1 : exports.qjs_get_float64(cells[0]);
  const operation = names.get(number) ?? String(number);
  const kinds = (Object.hasOwn(valuesOf, operation) && valuesOf[operation]) || [];
  const values = kinds.flatMap((kind, index) => {
    const cell = cells[index + 1];
    if (cell === undefined) return [];
    return [kind === "number" ? String(exports.qjs_get_float64(cell)) : textOf(engine, cell)];
  });
  return (ending) => {
    const cell = Number(ending?.result ?? 0);
    const answer = cell === 0 ? "an exception" : answering.has(operation) ? textOf(engine, cell) : "a value";
    return { args: [operation, ...values], result: ending === undefined ? "?" : answer };
  };
}

/** None if the guest lies about where they are. */
function cellsOf(memory: GuestMemory, list: number, count: number): number[] {
  try {
    return Array.from({ length: Math.max(count, 0) }, (_, index) => memory.u32(list + 4 * index));
  } catch (error) {
    if (error instanceof ErrnoError) return [];
    throw error;
  }
}

function textOf(engine: QuickJsEngine, cell: number): string {
  return engine.withBytes(cell, (bytes) => shownBytes(bytes.subarray(0, longestShown + 1))) ?? "(no text)";
}
