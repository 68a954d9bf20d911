import type { Preopen } from "../../abi/wasi/host.js";
import { createWasi, type Wasi, wasiModuleName } from "../../abi/wasi/imports.js";
import { guestEnd, oneLine } from "../../guest-end.js";
import { limitModule } from "../../wasm/limit-module.js";
import { exportedFunctions } from "../../wasm/signature.js";
import { GuestExit, type GuestHost } from "../guest.js";
import { CommandError } from "./command-error.js";
import {
  type Invocation,
  listOf,
  type PreparedInvocation,
  prepareInvocation,
  shownName,
} from "./invocation.js";

export interface CommandOptions {
  readonly host: GuestHost;
  /** The program's arguments; the first is its name. */
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Directories that the program finds open, from descriptor 3 on. */
  readonly preopens: readonly Preopen[];
  /** A function that is called in place of `_start`, after `_initialize` if there is one. */
  readonly invoke?: Invocation;
  /**
   * Called before the module is compiled, with the bytes that this may take at the very worst, on top of the host's
   * `memoryBytes`. `Infinity` if nothing is known.
   */
  readonly beforeCompile?: (worstBytes: number) => void;
}

const initialize = "_initialize";

/**
 * Runs a WASI preview 1 command from its bytes to its end, and returns its exit code. The host's `memoryBytes` bounds
 * its linear memory, its tables and what it is itself, compiled, all together; see `limitModule`.
 *
 * With `invoke` the module may be a library too. What the function returns is written to the host's standard output, a
 * line for each result, and the exit code is 0.
 *
 * Throws a `CommandError` if the bytes are no such module, a `GuestCrash` if it traps, and an `ErrnoError` if a
 * preopened directory cannot be opened. The options' file system and streams stay open.
 */
export function runCommand(bytes: Uint8Array, options: CommandOptions): number {
  const module = compile(bytes, options);
  const invocation = options.invoke && prepareInvocation(bytes, options.invoke);
  const wasi = createWasi({
    args: options.args,
    env: options.env,
    fileSystem: options.host.fileSystem,
    stdin: options.host.stdin,
    stdout: options.host.stdout,
    stderr: options.host.stderr,
    preopens: options.preopens,
    clocks: options.host.clocks,
    randomness: options.host.randomness,
    wait: (timeoutMs) => options.host.signals.wait(timeoutMs),
    ...(options.host.trace === undefined ? {} : { trace: options.host.trace }),
  });
  try {
    checkInterface(module, wasi);
    if (invocation === undefined) checkStart(module, bytes);
    return run(module, wasi, options.host, invocation);
  } finally {
    wasi.close();
  }
}

function compile(bytes: Uint8Array, { host, beforeCompile, invoke }: CommandOptions): WebAssembly.Module {
  const [a, s, m, version] = [bytes[1], bytes[2], bytes[3], bytes[4]];
  if (bytes[0] !== 0 || a !== 0x61 || s !== 0x73 || m !== 0x6d) {
    throw new CommandError("it is not a WebAssembly binary");
  }
  if (version !== 1) {
    throw new CommandError("it is a WebAssembly component; only modules for WASI preview 1 can be run");
  }
  /** All that is asked of an instance. */
  const used = ["memory", ...(invoke === undefined ? ["_start"] : [initialize, invoke.name])];
  try {
    const limited = limitModule(bytes, host.memoryBytes, (name) => used.includes(name));
    beforeCompile?.(limited.worstCompileBytes);
    return new WebAssembly.Module(limited.module as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    throw new CommandError(oneLine((cause as Error).message.replace(/^WebAssembly\.Module\(\): /, "")), {
      cause,
    });
  }
}

/** Says clearly what the engine's own link error would only hint at. */
function checkInterface(module: WebAssembly.Module, wasi: Wasi): void {
  for (const wanted of WebAssembly.Module.imports(module)) {
    const name = shownName(`${wanted.module}.${wanted.name}`);
    if (wanted.module === "wasi_unstable") {
      throw new CommandError(`it imports ${name}, of an older WASI; only ${wasiModuleName} is supported`);
    }
    if (wanted.module !== wasiModuleName || !Object.hasOwn(wasi.imports, wanted.name)) {
      throw new CommandError(`it imports ${name}, which is not part of WASI preview 1`);
    }
    if (wanted.kind !== "function") throw new CommandError(`it imports ${name} as a ${wanted.kind}`);
  }
}

function checkStart(module: WebAssembly.Module, bytes: Uint8Array): void {
  const exports = WebAssembly.Module.exports(module);
  if (exports.some(({ name, kind }) => name === "_start" && kind === "function")) return;
  const names = exportedFunctions(bytes).filter((name) => name !== initialize);
  throw new CommandError(
    `it exports no function _start, so it is a library and not a command; ${listOf(names)}`,
  );
}

function run(
  module: WebAssembly.Module,
  wasi: Wasi,
  { stdout }: GuestHost,
  invocation: PreparedInvocation | undefined,
): number {
  try {
    const { exports } = new WebAssembly.Instance(module, { [wasiModuleName]: wasi.imports });
    if (exports.memory instanceof WebAssembly.Memory) wasi.memory.attach(exports.memory);
    if (invocation === undefined) (exports._start as () => void)();
    else invoke(exports, wasi, invocation, stdout);
    if (wasi.ending.error === undefined) return 0;
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) throw new CommandError(error.message, { cause: error });
    // The first ending is the one that counts: what a guest does after it, it does not do as a running program.
    wasi.ending.error ??= error;
  }
  const { error } = wasi.ending;
  if (error instanceof GuestExit) return error.exitCode;
  throw guestEnd(error);
}

function writeWhole(file: GuestHost["stdout"], text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length; ) done += file.write(bytes.subarray(done));
}

function invoke(
  exports: Readonly<Record<string, unknown>>,
  { ending }: Wasi,
  { name, args, show }: PreparedInvocation,
  stdout: GuestHost["stdout"],
): void {
  if (name !== initialize) (exports[initialize] as (() => void) | undefined)?.();
  // A guest that has caught its own end is at its end all the same.
  if (ending.error !== undefined) return;
  const returned = (exports[name] as (...args: unknown[]) => unknown)(...args);
  if (ending.error === undefined) writeWhole(stdout, show(returned));
}
