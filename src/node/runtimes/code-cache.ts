import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { defaultStackBytes } from "../../guest/quickjs/stack.js";
import { openPlace, withPlace } from "../files/file-place.js";
import { writeWhole } from "../files/whole-file.js";
import { nodeCachePath } from "../node-cache-path.js";
import { stackSizeFlag } from "../stack-size-flag.js";
import { readFully } from "./read-fully.js";

/**
 * V8 can write out the machine code of a WebAssembly module and read it back, which saves compiling it in every
 * process; Node.js has no API for it, only V8's own test functions, so all use of them is in this file. They check
 * that the code is of the same V8 version, flags and processor. A file is made by the very Node.js that reads it
 * (its version is in the name), is tried in a process of its own first, and holds the module's bytes besides the
 * code, so that the two cannot be of different builds. Wherever anything of it is missing, the module is compiled.
 */
type NativeFunction<Arguments extends unknown[], Result> = (...args: Arguments) => Result;

function nativeFunction<Arguments extends unknown[], Result>(
  parameters: string,
  body: string,
): NativeFunction<Arguments, Result> {
  setFlagsFromString("--allow-natives-syntax");
  try {
    return new Function(parameters, body) as NativeFunction<Arguments, Result>;
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}

/**
 * The stack's size is among the flags that V8 compares, though no code depends on it. It was read when the process
 * started, so setting the flag back changes nothing else.
 */
function hideStackSize(): void {
  if (stackSizeFlag() !== undefined) setFlagsFromString(`--stack-size=${defaultStackBytes / 1024}`);
}

const headerBytes = 8;

/** Where the code for this Node.js is, or would be. */
export function codeCachePath(directory: string, name: string): string {
  return nodeCachePath(join(directory, name));
}

/** The module from its cached code; undefined if there is none that this process can use. */
export function readCodeCache(path: string): WebAssembly.Module | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return undefined;
  }
  try {
    const header = new DataView(new ArrayBuffer(headerBytes));
    if (readSync(file, header) !== headerBytes) return undefined;
    const wasm = new Uint8Array(header.getUint32(0, true));
    const code = new Uint8Array(header.getUint32(4, true));
    if (fstatSync(file).size !== headerBytes + wasm.length + code.length) return undefined;
    readFully(file, wasm);
    readFully(file, code);
    hideStackSize();
    const deserialize = nativeFunction<[ArrayBuffer, Uint8Array], WebAssembly.Module | undefined>(
      "code, wasm",
      "return %DeserializeWasmModule(code, wasm)",
    );
    return deserialize(code.buffer, wasm);
  } finally {
    closeSync(file);
  }
}

/**
 * Compiles a module so that every function which `train` reaches is compiled by the optimising compiler, and
 * writes these functions' code to `path`.
 */
export async function writeCodeCache(
  path: string,
  wasm: Uint8Array,
  train: (module: WebAssembly.Module) => void | Promise<void>,
): Promise<void> {
  // Without the baseline compiler, a function is optimised when it is first called.
  setFlagsFromString("--no-liftoff");
  const module = new WebAssembly.Module(wasm);
  await train(module);
  // Turning the baseline compiler off turned dynamic tiering off as well; readers compare the flags.
  setFlagsFromString("--liftoff");
  setFlagsFromString("--wasm-dynamic-tiering");
  const serialize = nativeFunction<[WebAssembly.Module], ArrayBuffer>(
    "module",
    "return %SerializeWasmModule(module)",
  );
  const code = new Uint8Array(serialize(module));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(wasm.length, 0);
  header.writeUInt32LE(code.length, 4);
  // For everybody who may use this installation.
  const how = { durable: false, mode: 0o666 };
  withPlace(openPlace(path), (place) => writeWhole(place, Buffer.concat([header, wasm, code]), how));
}
