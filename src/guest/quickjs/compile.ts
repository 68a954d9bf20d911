import type { Pointer } from "../../abi/quickjs/exports.js";
import { evalFlags, type Vm } from "../../abi/quickjs/vm.js";
import type { RunRequest } from "../guest.js";
import { type SplitCell, splitImports } from "./static-imports.js";

export type SourceKind = "script" | "async script" | "module";

export interface Compiled {
  /** An owned cell with the compiled function or module. */
  readonly cell: Pointer;
  readonly kind: SourceKind;
  /** Columns by which the first line was moved to the right. */
  readonly columnShift: number;
  /** A cell's static imports: its names are to be bound before it runs. They are not compiled yet. */
  readonly imports: SplitCell | undefined;
}

interface Reading {
  readonly code: string;
  readonly kind: SourceKind;
  readonly columnShift: number;
}

const kindFlags: Readonly<Record<SourceKind, number>> = {
  script: 0,
  "async script": evalFlags.async,
  module: evalFlags.module,
};

/**
 * Compiles a request's code the first way that fits: a program with static `import` or `export` as a module, a
 * cell that can be an object literal as one (as Node's console does), code that says `await` with top-level await.
 * A cell's static imports are put apart. Gives the engine's exception, an owned cell, if none does. Nothing is run, but
 * a module's imports are loaded.
 */
export function compile(vm: Vm, request: RunRequest): Compiled | { readonly error: Pointer } {
  const imports = request.mode === "program" ? undefined : splitImports(request.code);
  let error: Pointer | undefined;
  for (const { code, kind, columnShift } of readings(vm, request, imports?.rest ?? request.code)) {
    const cell = vm.evaluate(code, request.filename, evalFlags.compileOnly | kindFlags[kind]);
    if (!vm.isException(cell)) {
      if (error !== undefined) vm.free(error);
      return { cell, kind, columnShift, imports };
    }
    const exception = vm.exports.qjs_get_exception();
    // The first reading that leaves the code as it is explains best what is wrong with it.
    if (error === undefined && columnShift === 0) error = exception;
    else vm.free(exception);
  }
  return { error: error ?? vm.exports.qjs_get_undefined() };
}

function readings(vm: Vm, { mode }: RunRequest, code: string): Reading[] {
  if (mode === "program" && /\b(import|export)\b/.test(code)) {
    const isModule = vm.lend(code, (source, length) => vm.exports.JS_DetectModule(source, length) !== 0);
    if (isModule) return [{ code, kind: "module", columnShift: 0 }];
  }
  const isLiteral = mode !== "program" && /^\s*\{/.test(code) && !/;\s*$/.test(code);
  return [...(isLiteral ? scripts(`(${code}\n)`, 1) : []), ...scripts(code, 0)];
}

/** With top-level await, `await` is no name any more; code that uses it as one still runs. */
function scripts(code: string, columnShift: number): Reading[] {
  const script: Reading = { code, kind: "script", columnShift };
  return /\bawait\b/.test(code) ? [{ ...script, kind: "async script" }, script] : [script];
}
