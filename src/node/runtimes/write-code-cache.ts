/** The other half of `code-cache.ts`: no start needs it, nor what it loads. */
import { openPlace, withPlace } from "../files/file-place.js";
import { removeDeadTemporaries, writeWhole } from "../files/whole-file.js";
import { sampleSum } from "../sample-sum.js";
import { headerBytes, nativeFunction } from "./code-cache.js";

/**
 * Compiles a module so that every function which `train` reaches is compiled by the optimising compiler, and
 * writes these functions' code to `path`.
 */
export async function writeCodeCache(
  path: string,
  wasm: Uint8Array,
  train: (module: WebAssembly.Module) => void | Promise<void>,
): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  // Without the baseline compiler, a function is optimised when it is first called.
  setFlagsFromString("--no-liftoff");
  const module = new WebAssembly.Module(wasm);
  await train(module);
  // Turning the baseline compiler off turned dynamic tiering off as well; readers compare the flags.
  setFlagsFromString("--liftoff");
  setFlagsFromString("--wasm-dynamic-tiering");
  const serialize = await nativeFunction<[WebAssembly.Module], ArrayBuffer>(
    "module",
    "return %SerializeWasmModule(module)",
  );
  const code = new Uint8Array(serialize(module));
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(wasm.length, 0);
  header.writeUInt32LE(code.length, 4);
  header.writeUInt32LE(sampleSum(wasm), 8);
  header.writeUInt32LE(sampleSum(code), 12);
  // For everybody who may use this installation; and whole, whatever happens to the machine.
  const how = { durable: true, mode: 0o666 };
  withPlace(openPlace(path), (place) => {
    removeDeadTemporaries(place);
    writeWhole(place, Buffer.concat([header, wasm, code]), how);
  });
}
