import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { defaultStackBytes } from "../../guest/quickjs/stack.js";
import { nodeCachePath } from "../node-cache-path.js";
import { sampleSum } from "../sample-sum.js";
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

/** Makes V8's test functions callable. A command's first line may have it, and then need not load `node:v8` for it. */
const nativesFlag = "--allow-natives-syntax";

export async function nativeFunction<Arguments extends unknown[], Result>(
  parameters: string,
  body: string,
): Promise<NativeFunction<Arguments, Result>> {
  const make = () => new Function(parameters, body) as NativeFunction<Arguments, Result>;
  if (process.execArgv.includes(nativesFlag)) return make();
  const { setFlagsFromString } = await import("node:v8");
  hideStackSize(setFlagsFromString);
  setFlagsFromString(nativesFlag);
  try {
    return make();
  } finally {
    setFlagsFromString("--no-allow-natives-syntax");
  }
}

/**
 * The stack's size is among the flags that V8 compares, though no code depends on it. It was read when the process
 * started, so setting the flag back changes nothing else.
 */
function hideStackSize(setFlagsFromString: (flags: string) => void): void {
  if (stackSizeFlag() !== undefined) setFlagsFromString(`--stack-size=${defaultStackBytes / 1024}`);
}

/** Of a file: the lengths of the module and of its code, which follow, and their sums. */
export const headerBytes = 16;

/**
 * Where the code for this Node.js is, or would be. A process whose first line has the flag for V8's test functions has
 * a file of its own: that flag too is among those that V8 compares.
 *
 * @param flags What the reading process is started with. Default: as this one.
 */
export function codeCachePath(
  directory: string,
  name: string,
  flags: readonly string[] = process.execArgv,
): string {
  return nodeCachePath(join(directory, flags.includes(nativesFlag) ? `${name}-command` : name));
}

/** The module from its cached code; undefined if there is none that this process can use. */
export async function readCodeCache(path: string): Promise<WebAssembly.Module | undefined> {
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
    if (sampleSum(wasm) !== header.getUint32(8, true) || sampleSum(code) !== header.getUint32(12, true)) {
      return undefined;
    }
    const deserialize = await nativeFunction<[ArrayBuffer, Uint8Array], WebAssembly.Module | undefined>(
      "code, wasm",
      "return %DeserializeWasmModule(code, wasm)",
    );
    return deserialize(code.buffer, wasm);
  } finally {
    closeSync(file);
  }
}
