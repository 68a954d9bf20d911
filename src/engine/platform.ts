import type { Image } from "../guest/image.js";
import type { LibraryFiles } from "../guest/native-code.js";
import type { TerminalState } from "../terminal/changes.js";
import type { BundleSource } from "../vfs/bundle-volume.js";
import type { OpenHostDirectories } from "../vfs/mounts.js";
import type { OpenFile } from "../vfs/types.js";
import type { Codec } from "./codec.js";
import type { ThreadHandle } from "./handle.js";
import type { NetworkPort } from "./network-port.js";
import type { Language, PackageRequest, PackageSet, Runtime } from "./runtime.js";

/** What the owner of sessions needs of the process that it runs in. `node/` and `web/` implement it. */
export interface Platform {
  /**
   * The bundled interpreter, with its image's bytes, or the one in a directory. Rejects with an error whose message says
   * in one line what is wrong.
   */
  loadRuntime(language: Language, directory: string | undefined): Promise<Runtime>;
  /**
   * The runtime with packages, which are found, fetched, checked and put together unless they are kept from before.
   * `PACKAGES_UNAVAILABLE` if they cannot be had.
   */
  addPackages(runtime: Runtime, packages: PackageRequest): Promise<Runtime>;
  /** Names what is in a runtime's directory now; the same name as before means that no file of it has changed. */
  stampOf(directory: string): string;
  /** Hashing and compression; only states need it. */
  loadCodec(): Promise<Codec>;
  /** Whether the system tells the processor time of a thread. */
  tellsCpuTime(): boolean;
  /** The network, for sessions that were given some of it. */
  openNetwork(): Promise<NetworkPort>;
  /** Starts a thread for guests. It comes up while the caller goes on; what is asked of it meanwhile waits. */
  startThread(): ThreadHandle;
}

/** What serving guests needs of the thread that they live in. */
export interface GuestPlatform {
  /** The stack that V8 has in this thread, in bytes. */
  readonly stackBytes: number;
  /**
   * So many bytes of it there must be for each of a guest's own stack: for modules that charge for it, see
   * `wasm/charge-stack.ts`. Default: what each interpreter needs at the worst.
   */
  readonly stackRatio?: number;
  /**
   * A guest's memory is made no larger than it may become, where address space is scarce. Default false: it may be as large
   * as WebAssembly's, so that the next guest can have it whatever its limit is.
   */
  readonly boundsMemory?: boolean;
  /** The image of a runtime, for as long as it is open. */
  openImage(runtime: Runtime): Closable & { readonly image: Image };
  /** The library that the runtime imports from, if it brings one as a pack. */
  openLibrary(runtime: Runtime): (Closable & BundleSource) | undefined;
  /** The packages that a runtime has besides. What is not as it should be fails, when it is read at the latest. */
  openPackages(packages: PackageSet): Promise<Closable & PackageSource>;
  /** Hashing and compression; only states need it. */
  loadCodec(): Promise<Codec>;
  readonly openHostDirectories: OpenHostDirectories;
  /** The module that strips types from TypeScript; only that needs it. Absent: there is none. */
  loadTypeStripper?(runtime: Runtime): WebAssembly.Module;
  /**
   * The process's standard streams as the guest's.
   *
   * @param maxOutputBytes The most output of each stream; a write that goes over it fails with `EFBIG`.
   * @param owner Default: there is none, so input is read here, and nothing can interrupt that, nor a write.
   * @param terminalState Where it is kept what the guest has changed of the terminals that its output leads to, which
   *   then get no more of it than the filter lets through. Default: they get everything.
   * @param onRefused Hears of a write that has failed with `EFBIG`.
   */
  openStandardStreams(
    maxOutputBytes: number,
    owner?: StreamsOwner,
    terminalState?: TerminalState,
    onRefused?: () => void,
  ): Promise<StandardStreams>;
  /**
   * Where the calls of a guest are told: the process's standard error.
   *
   * @param isOneOfSeveral Each line says which thread it is of.
   * @param wait As `StreamsOwner.wait`. Default: nothing can interrupt a write.
   */
  openTrace(isOneOfSeveral: boolean, wait?: (timeoutMs: number) => boolean): TraceOutput;
}

/** The files of packages, and the native libraries among them. */
export interface PackageSource extends BundleSource {
  /** By their paths as guests see them. */
  readonly libraries: LibraryFiles;
}

/** Takes what a guest's calls are told in. */
export interface TraceOutput {
  /** Takes a line without its end. Never throws. */
  write(line: string): void;
  close(): void;
}

interface Closable {
  close(): void;
}

export interface StandardStreams {
  readonly stdin: OpenFile;
  readonly stdout: OpenFile;
  readonly stderr: OpenFile;
  /** Puts terminals back as they were, if the guest has changed them. */
  restore(): void;
  /** Whether output was refused because it went over the limit. */
  isLimited(): boolean;
}

/** What a thread has of its owner, who reads input for it and can interrupt it. */
export interface StreamsOwner {
  /** Waits for the next piece of input; see `RunStreamsHost`. */
  ask(): Uint8Array | undefined;
  /** Waits so many milliseconds at most, or until the owner gives notice: then true. */
  wait(timeoutMs: number): boolean;
}
