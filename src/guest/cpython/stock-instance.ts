import type { Clocks } from "../../abi/clocks.js";
import type { WasiHost } from "../../abi/wasi/host.js";
import { createWasi, wasiModuleName } from "../../abi/wasi/imports.js";
import { fileRights } from "../../abi/wasi/rights.js";
import type { OpenFile } from "../../vfs/types.js";
import { createChannel } from "../channel.js";
import { GuestCrash, type GuestHost } from "../guest.js";
import { pageBytes } from "../image.js";
import { memoryImport } from "../image-memory.js";
import { refusalImport } from "../refusals.js";
import { callDescriptor, createCallFile } from "./call-file.js";
import { channelDescriptor } from "./channel-descriptor.js";
import type { PythonParts } from "./drive.js";
import { createRefusals } from "./refusals.js";

/** The names by which a prepared module exports its parts. */
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
  /** As `stockMemory` makes it, or one that holds an image. */
  readonly memory: WebAssembly.Memory;
}

/** The most pages that a stock build's memory may grow to: its own instructions let it grow, so the engine bounds it. */
export function stockMaximumPages(memoryBytes: number): number {
  return Math.floor(memoryBytes / pageBytes);
}

/** An empty memory for a stock build that is to start. */
export function stockMemory(initialPages: number, memoryBytes: number): WebAssembly.Memory {
  const maximum = stockMaximumPages(memoryBytes);
  if (initialPages > maximum) {
    const mebibytes = Math.ceil((initialPages * pageBytes) / 2 ** 20);
    throw new GuestCrash(
      `the interpreter needs ${mebibytes} MiB of memory to begin with, which is not allowed`,
    );
  }
  return new WebAssembly.Memory({ initial: initialPages, maximum });
}

/** One instance of a stock CPython build, with everything that its imports stand on. */
export function instantiateStock(
  module: WebAssembly.Module,
  host: GuestHost,
  options: StockOptions,
): StockInstance {
  const { args = [], env = {}, clocks = host.clocks, memory } = options;
  const wasiHost: WasiHost = {
    args,
    env,
    clocks,
    fileSystem: host.fileSystem,
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    preopens: [{ path: "/" }],
    randomness: host.randomness,
    wait: (timeoutMs) => host.signals.wait(timeoutMs),
    ...(host.trace === undefined ? {} : { trace: host.trace }),
  };
  const wasi = createWasi(wasiHost);
  const channel = createChannel();
  const refusals = createRefusals(channel, host.onMemoryRefused);
  const open = (descriptor: number, file: OpenFile) =>
    wasi.descriptors.addAt(descriptor, {
      file,
      base: fileRights,
      inheriting: 0,
      syncFlags: 0,
      borrowed: true,
    });
  open(channelDescriptor, channel.file);
  if (host.line !== undefined) open(callDescriptor, createCallFile(host.line));
  wasi.memory.attach(memory);
  const { exports } = new WebAssembly.Instance(module, {
    [wasiModuleName]: wasi.imports,
    [memoryImport.module]: {
      [memoryImport.name]: memory,
      [refusalImport.name]: refusals.hear,
    },
  });
  return {
    memory,
    table: exports[tableExport] as WebAssembly.Table,
    stackPointer: exports[stackPointerExport] as WebAssembly.Global,
    channel,
    takeRefusal: refusals.take,
    ...(host.line === undefined ? {} : { line: host.line }),
    start: exports._start as () => void,
  };
}
