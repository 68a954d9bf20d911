import type { Clocks } from "../../abi/clocks.js";
import type { WasiHost } from "../../abi/wasi/host.js";
import { createWasi, wasiModuleName } from "../../abi/wasi/imports.js";
import { fileRights } from "../../abi/wasi/rights.js";
import { createChannel } from "../channel.js";
import { GuestCrash, type GuestHost } from "../guest.js";
import { pageBytes } from "../image.js";
import { channelDescriptor } from "./channel-descriptor.js";
import type { PythonParts } from "./drive.js";

/** Where a prepared module imports its memory from, and the names by which it exports its other parts. */
export const memoryImport = { module: "wasm_repl", name: "memory" } as const;
export const tableExport = "wasm_repl_table";
export const stackPointerExport = "wasm_repl_stack_pointer";

export interface StockInstance extends PythonParts {
  /** Runs the command from its start. */
  start(): void;
}

export interface StockOptions {
  /** Default: none of either. They are read only when the command starts. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: those of the guest's host. */
  readonly clocks?: Clocks;
  /** Length of the memory at first, in pages. */
  readonly initialPages: number;
}

/** One instance of a stock CPython build, with everything that its imports stand on. */
export function instantiateStock(
  module: WebAssembly.Module,
  host: GuestHost,
  options: StockOptions,
): StockInstance {
  const { args = [], env = {}, clocks = host.clocks, initialPages } = options;
  const maximum = Math.floor(host.memoryBytes / pageBytes);
  if (initialPages > maximum) {
    const mebibytes = Math.ceil((initialPages * pageBytes) / 2 ** 20);
    throw new GuestCrash(
      `the interpreter needs ${mebibytes} MiB of memory to begin with, which is not allowed`,
    );
  }
  const wasiHost: WasiHost = {
    args,
    env,
    clocks,
    fileSystem: host.fileSystem,
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    preopens: ["/"],
    randomness: host.randomness,
    wait: (timeoutMs) => host.signals.wait(timeoutMs),
  };
  const wasi = createWasi(wasiHost);
  const channel = createChannel();
  wasi.descriptors.addAt(channelDescriptor, {
    file: channel.file,
    base: fileRights,
    inheriting: 0,
    syncFlags: 0,
    borrowed: true,
  });
  const memory = new WebAssembly.Memory({ initial: initialPages, maximum });
  wasi.memory.attach(memory);
  const { exports } = new WebAssembly.Instance(module, {
    [wasiModuleName]: wasi.imports,
    [memoryImport.module]: { [memoryImport.name]: memory },
  });
  return {
    memory,
    table: exports[tableExport] as WebAssembly.Table,
    stackPointer: exports[stackPointerExport] as WebAssembly.Global,
    channel,
    start: exports._start as () => void,
  };
}
