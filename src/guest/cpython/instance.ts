import type { EmscriptenHost } from "../../abi/emscripten/host.js";
import { createEmscriptenImports, raisingImports } from "../../abi/emscripten/imports.js";
import { holdFunctionsExport } from "../../abi/emscripten/linker/main-symbols.js";
import { GuestMemory } from "../../abi/guest-memory.js";
import { DescriptorTable } from "../../vfs/descriptors.js";
import { type Channel, createChannel } from "../channel.js";
import type { GuestHost } from "../guest.js";
import type { HostLine } from "../host-line.js";
import { pageBytes } from "../image.js";
import { memoryImport } from "../image-memory.js";
import type { GuestProcess } from "../process-state.js";
import { callDescriptor, createCallFile } from "./call-file.js";
import { channelDescriptor } from "./channel-descriptor.js";
import { createRefusals } from "./refusals.js";

/** One instance of the bundled CPython module with everything that its imports stand on. */
export interface PythonInstance {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  readonly stackPointer: WebAssembly.Global;
  readonly channel: Channel;
  /** See `PythonParts`. */
  takeRefusal(): boolean;
  readonly process: GuestProcess;
  /** See `PythonParts`. */
  readonly line?: HostLine;
  /** See `raisingImports`. */
  raisingImports(): string[];
  /** Called when an import that means nothing here is reached. */
  onUnsupported: (importName: string) => void;
}

/**
 * Exports that the lean module must keep. The first three carry the guest; the others serve imports.
 * `PyErr_SetString` takes the address of an exception class and a C string.
 */
export const requiredExports = [
  "memory",
  "__indirect_function_table",
  "__stack_pointer",
  "PyErr_SetString",
  "PyExc_NotImplementedError",
  "PyGILState_Ensure",
  "PyGILState_Release",
  "emscripten_builtin_memalign",
  "malloc",
  "free",
  "__dl_seterr",
  "__cpp_exception",
  "__c_longjmp",
  holdFunctionsExport,
] as const;

/** @param own The memory, for the lean module, which imports it; the original one brings its own. */
export function instantiatePython(
  module: WebAssembly.Module,
  host: GuestHost,
  env: Readonly<Record<string, string>>,
  own?: WebAssembly.Memory,
): PythonInstance {
  const channel = createChannel();
  const refusals = createRefusals(channel, host.onMemoryRefused);
  const descriptors = new DescriptorTable();
  for (const file of [host.stdin, host.stdout, host.stderr]) descriptors.add(file);
  const opened = descriptors.add(channel.file);
  descriptors.duplicateTo(opened, channelDescriptor);
  descriptors.close(opened);
  if (host.line !== undefined) {
    const calls = descriptors.add(createCallFile(host.line));
    descriptors.duplicateTo(calls, callDescriptor);
    descriptors.close(calls);
  }

  const guestMemory = new GuestMemory();
  const entries: Array<(...args: number[]) => number> = [];
  let isHandling = false;
  const emscriptenHost: EmscriptenHost = {
    memory: guestMemory,
    fileSystem: host.fileSystem,
    descriptors,
    workingDirectory: host.fileSystem.open("/", { read: true, directory: true }),
    env,
    memoryBytes: host.memoryBytes,
    onMemoryRefused: refusals.hear,
    clocks: host.clocks,
    randomness: host.randomness,
    wait: (timeoutMs) => host.signals.wait(timeoutMs),
    takeInterrupt: () => {
      // CPython asks again as it enters its own handler; a second yes there would make it call itself for ever.
      isHandling = !isHandling && host.signals.take() !== 0;
      return isHandling;
    },
    ...(host.trace === undefined ? {} : { trace: host.trace }),
    ...(host.sockets === undefined || host.line === undefined
      ? {}
      : { network: { line: host.line.network, calls: host.sockets } }),
    raiseUnsupported: (name) => instance.onUnsupported(name),
    guest: () => functions,
  };
  const imports = createEmscriptenImports(module, emscriptenHost);
  if (own !== undefined) {
    imports[memoryImport.module] = { ...imports[memoryImport.module], [memoryImport.name]: own };
  }
  const { exports } = new WebAssembly.Instance(module, imports);
  const memory = exports.memory as WebAssembly.Memory;
  const table = exports.__indirect_function_table as WebAssembly.Table;
  guestMemory.attach(memory);

  const functions = {
    grow(bytes: number): boolean {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
      try {
        if (missing > 0) memory.grow(missing);
        return true;
      } catch {
        return false;
      }
    },
    // Reading the table makes a JavaScript function each time, so what was read is kept: entries never change.
    tableEntry(index: number): (...args: number[]) => number {
      let entry = entries[index];
      if (entry === undefined) {
        const found = index >>> 0 < table.length ? table.get(index >>> 0) : null;
        if (found === null) throw new WebAssembly.RuntimeError("null function");
        entry = found as (...args: number[]) => number;
        entries[index] = entry;
      }
      return entry;
    },
    allocate: (bytes: number) => (exports.malloc as (bytes: number) => number)(bytes) >>> 0,
    allocatePages: (bytes: number) => allocate(pageBytes, bytes),
    setLinkError(message: string): void {
      const setError = exports.__dl_seterr as (format: number, parameters: number) => void;
      // It is a format, of which no parameter is read.
      withText(exports, guestMemory, message.replaceAll("%", "%%"), (format) => setError(format, 0));
    },
    linker: host.nativeCode?.createLinker(
      { module, exports, memory, table, allocate },
      host.nativeCode.files,
    ),
  };

  /** Zeroed memory of the guest's own; 0 if there is none left. */
  function allocate(alignment: number, bytes: number): number {
    const align = exports.emscripten_builtin_memalign as (alignment: number, bytes: number) => number;
    const pointer = align(alignment, bytes) >>> 0;
    if (pointer !== 0) guestMemory.bytes(pointer, bytes).fill(0);
    return pointer;
  }

  const instance: PythonInstance = {
    exports,
    memory,
    table,
    stackPointer: exports.__stack_pointer as WebAssembly.Global,
    channel,
    takeRefusal: refusals.take,
    process: {
      descriptors,
      linker: functions.linker,
      get workingDirectory() {
        return emscriptenHost.workingDirectory;
      },
      set workingDirectory(directory) {
        emscriptenHost.workingDirectory = directory;
      },
    },
    ...(host.line === undefined ? {} : { line: host.line }),
    raisingImports: () => raisingImports(module, emscriptenHost),
    onUnsupported: (name) => raiseNotImplemented(exports, guestMemory, name),
  };
  return instance;
}

/** Leaves a `NotImplementedError` pending in the guest. */
function raiseNotImplemented(
  exports: Readonly<Record<string, unknown>>,
  memory: GuestMemory,
  importName: string,
): void {
  const setError = exports.PyErr_SetString as (type: number, message: number) => void;
  // Many callers have released the interpreter's lock, and with it the thread state that holds the exception.
  const acquire = exports.PyGILState_Ensure as () => number;
  const giveBack = exports.PyGILState_Release as (state: number) => void;
  const type = memory.u32((exports.PyExc_NotImplementedError as WebAssembly.Global).value);
  withText(exports, memory, `this sandbox has no ${importName}`, (message) => {
    const state = acquire();
    setError(type, message);
    giveBack(state);
  });
}

/** Gives the guest a text for the time of a call; without the memory for it, there is no call. */
function withText(
  exports: Readonly<Record<string, unknown>>,
  memory: GuestMemory,
  text: string,
  action: (pointer: number) => void,
): void {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const pointer = (exports.malloc as (bytes: number) => number)(bytes.length) >>> 0;
  if (pointer === 0) return;
  memory.bytes(pointer, bytes.length).set(bytes);
  action(pointer);
  (exports.free as (pointer: number) => void)(pointer);
}
