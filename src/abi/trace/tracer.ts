import type { GuestMemory } from "../guest-memory.js";
import { type Passed, type ResultKind, type Shower, showBySignature } from "./parameters.js";
import { type QuickJsEngine, quickJsInternals, showQuickJsCall } from "./quickjs.js";
import { emscriptenInternals, emscriptenSignatures, wasiSignatures } from "./signatures.js";

/** Wraps the functions that a guest imports, so that each call of them is told in a line, as `strace` does it. */
export interface CallTracer {
  wasi<Functions extends object>(functions: Functions, memory: GuestMemory): Functions;
  emscripten(imports: WebAssembly.Imports, memory: GuestMemory): WebAssembly.Imports;
  /** @param operations The numbers of the operations of the driver's one host function. */
  quickJs(
    imports: WebAssembly.Imports,
    engine: () => QuickJsEngine,
    operations: Readonly<Record<string, number>>,
  ): WebAssembly.Imports;
}

/** @param write Takes each line, without its end: printable ASCII, a thousand characters at most. It must not throw. */
export function createCallTracer(write: (line: string) => void): CallTracer {
  function traced(name: string, call: (...args: Passed[]) => unknown, show: Shower) {
    return (...args: Passed[]) => {
      const finish = show(name, args);
      const start = performance.now();
      let ending: { readonly result: unknown } | undefined;
      try {
        ending = { result: call(...args) };
        return ending.result;
      } finally {
        const seconds = ((performance.now() - start) / 1000).toFixed(6);
        const shown = finish(ending);
        write(`${name}(${shown.args.join(", ")}) = ${shown.result} <${seconds}>`);
      }
    };
  }

  function wrap<Functions extends object>(
    functions: Functions,
    show: Shower,
    internals: ReadonlySet<string>,
  ): Functions {
    const entries = Object.entries(functions).map(([name, value]) => [
      name,
      typeof value !== "function" || internals.has(name) ? value : traced(name, value, show),
    ]);
    return Object.fromEntries(entries) as Functions;
  }

  function wrapAll(imports: WebAssembly.Imports, show: Shower, internals: ReadonlySet<string>) {
    const entries = Object.entries(imports).map(([module, functions]) => [
      module,
      wrap(functions, show, internals),
    ]);
    return Object.fromEntries(entries) as WebAssembly.Imports;
  }

  return {
    wasi: (functions, memory) =>
      wrap(
        functions,
        showBySignature(wasiSignatures, memory, () => "errno"),
        new Set(),
      ),
    emscripten: (imports, memory) =>
      wrapAll(imports, showBySignature(emscriptenSignatures, memory, emscriptenResult), emscriptenInternals),
    quickJs: (imports, engine, operations) =>
      wrapAll(imports, showQuickJsCall(engine, operations), quickJsInternals),
  };
}

/** The few calls that Emscripten takes from WASI are those whose names WASI has. */
function emscriptenResult(name: string): ResultKind {
  if (Object.hasOwn(wasiSignatures, name)) return "errno";
  return /^(__syscall_|_mmap_js|_msync_js|_munmap_js)/.test(name) ? "value or errno" : "value";
}
