import type { GuestHost } from "../guest.js";
import { captureImage, type Image } from "../image.js";
import { immortalise } from "./addresses.js";
import { instantiatePython, type PythonInstance } from "./instance.js";
import { maxReportBytes, prepareFunction, readReport } from "./prepare-code.js";

const bootEnvironment = { PYTHONHOME: "/usr/local", PYTHONUTF8: "1", HOME: "/home/user", LC_ALL: "C.UTF-8" };

/** The files that make up the driver, in the order in which they are joined. */
export const pythonDriverFiles = [
  "imports.py",
  "event_loop.py",
  "expressions.py",
  "inspector.py",
  "answers.py",
  "crossing.py",
  "calls.py",
  "functions.py",
  "display.py",
  "errors.py",
  "stacks.py",
  "streams.py",
  "flags.py",
  "corrections.py",
  "cells.py",
  "programs.py",
  "waiting.py",
  "network.py",
  "driver.py",
] as const;

/** Built-in modules that are left out: the bridge to a JavaScript host, and CPython's own tests. */
const withheldModules = [
  "_pyodide_core",
  "_testcapi",
  "_testinternalcapi",
  "_testlimitedcapi",
  "_testclinic",
  "_testclinic_limited",
  "_testbuffer",
  "_xxtestfuzz",
  "xxsubtype",
  "_remote_debugging",
];

/** Starts CPython from the original module, whose data segments and exports are whole. */
export function bootPython(module: WebAssembly.Module, host: GuestHost): BootedPython {
  const instance = instantiatePython(module, host, bootEnvironment);
  const { exports, memory } = instance;
  const call = (name: string, ...args: number[]) => (exports[name] as (...args: number[]) => number)(...args);
  (exports.__wasm_apply_data_relocs as (() => void) | undefined)?.();
  call("__wasm_call_ctors");
  withholdModules(instance);
  call("Py_InitializeEx", 1);
  new Uint8Array(memory.buffer)[(exports.Py_EMSCRIPTEN_SIGNAL_HANDLING as WebAssembly.Global).value] = 1;
  return {
    instance,
    runCode(code) {
      const bytes = new TextEncoder().encode(`${code}\0`);
      const pointer = call("malloc", bytes.length);
      new Uint8Array(memory.buffer).set(bytes, pointer);
      const status = call("PyRun_SimpleStringFlags", pointer, 0);
      call("free", pointer);
      if (status !== 0) throw new Error("Python code failed while the interpreter was being prepared");
    },
  };
}

export interface BootedPython {
  readonly instance: PythonInstance;
  /** Runs code in `__main__`; a Python exception is printed and becomes an `Error`. */
  runCode(code: string): void;
}

/**
 * Takes the image that sessions start from: imports `modules`, makes the driver's entry function and leaves the
 * interpreter at rest.
 */
export function capturePython(booted: BootedPython, driver: string, modules: readonly string[]): Image {
  const { instance } = booted;
  instance.channel.put({ driver, modules }, maxReportBytes);
  booted.runCode(`${prepareFunction}_entry = prepare()`);
  const entry = readReport(instance.channel.take());
  if (!Number.isInteger(entry)) throw new Error("the driver did not report its entry function");
  immortalise(instance.memory, entry);
  booted.runCode("del _entry");
  return captureImage(instance.memory, instance.stackPointer.value, { entry });
}

/** Takes entries out of `PyImport_Inittab`, an array of `{ char *name; PyObject *(*init)(void) }` up to a null name. */
function withholdModules({ exports, memory }: PythonInstance): void {
  const view = new DataView(memory.buffer);
  const bytes = new Uint8Array(memory.buffer);
  const table = view.getUint32((exports.PyImport_Inittab as WebAssembly.Global).value, true);
  const nameAt = (pointer: number) =>
    new TextDecoder().decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
  let kept = table;
  for (let entry = table; ; entry += 8) {
    const name = view.getUint32(entry, true);
    if (name !== 0 && withheldModules.includes(nameAt(name))) continue;
    bytes.copyWithin(kept, entry, entry + 8);
    kept += 8;
    if (name === 0) return;
  }
}
