import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import { nodeCachePath } from "../node/node-cache-path.js";
import { sampleSum } from "../node/sample-sum.js";
import { stackSizeFlag } from "../node/stack-size-flag.js";

/** Long enough for a thread to have done what it is asked in the run that is kept. */
const keepAfterMs = 1500;

/**
 * Loads a bundle with the compiled code that V8 gave of it after an earlier run, if there is any: compiling what a
 * start needs of it takes longer than the start itself. V8 refuses code of another version or with other flags, and
 * the bundle is compiled then. Node.js 22 has this built in (`module.enableCompileCache`), Node.js 20 has not.
 *
 * The build puts a call of this in front of each command and of the thread. If the environment's
 * `WASM_REPL_KEEP_CODE` is the bundle's path, which the build alone sets, the code is kept at the end of the run.
 *
 * @param file A function of `exports`, `require`, `module` and `__filename`, which requires nothing but Node's own
 *   modules.
 */
export function launch(file: string, require: NodeJS.Require, module: NodeJS.Module): void {
  // The bundler escapes what is not ASCII, and this reads fastest.
  const script = new Script(readFileSync(file, "latin1"), { filename: file, ...cachedData(file) });
  if (process.env.WASM_REPL_KEEP_CODE === file) {
    const keep = () => {
      // The run has hidden this flag (see `code-cache.ts`), and the next one begins with it.
      const { setFlagsFromString } = require("node:v8") as typeof import("node:v8");
      const stackSize = stackSizeFlag();
      if (stackSize !== undefined) setFlagsFromString(stackSize.flag);
      writeCache(nodeCachePath(file), script.createCachedData(), require);
    };
    process.once("exit", keep);
    // A thread is ended without an exit of its own.
    setTimeout(keep, keepAfterMs).unref();
  }
  script.runInThisContext()(module.exports, require, module, file);
}

/** Behind the code stands its sum. */
const sumBytes = 4;

function cachedData(file: string): { cachedData?: Buffer } {
  try {
    const bytes = readFileSync(nodeCachePath(file));
    const code = bytes.subarray(0, -sumBytes);
    return bytes.readUInt32LE(code.length) === sampleSum(code) ? { cachedData: code } : {};
  } catch {
    return {};
  }
}

/** All of it or nothing, also if the machine stops. */
function writeCache(path: string, code: Buffer, require: NodeJS.Require): void {
  const fs = require("node:fs") as typeof import("node:fs");
  const sum = Buffer.alloc(sumBytes);
  sum.writeUInt32LE(sampleSum(Buffer.from(code)));
  const temporary = `${path}.${process.pid}.tmp`;
  const file = fs.openSync(temporary, "wx", 0o666);
  fs.writeSync(file, Buffer.concat([code, sum]));
  fs.fsyncSync(file);
  fs.closeSync(file);
  fs.renameSync(temporary, path);
}
