import { openDoors } from "../abi/doors.js";
import type { CallTracer } from "../abi/trace/tracer.js";
import { ErrnoError } from "../errno.js";
import { textLimit } from "../guest/answer-limits.js";
import { packagesPath, standardLibraryPath } from "../guest/cpython/library-path.js";
import { createGuestFiles, type GuestFiles, type GuestFilesOptions } from "../guest/files.js";
import { type Guest, GuestCrash, GuestExit, type GuestHost, type InspectRequest } from "../guest/guest.js";
import type { Suspension } from "../guest/host-line.js";
import { captureImage, encodeImage, type Image, pageBytes } from "../guest/image.js";
import { mostPages } from "../guest/image-memory.js";
import { type ProcessState, restoreProcess, saveProcess } from "../guest/process-state.js";
import { signalExitCodes } from "../guest-end.js";
import type { Signals } from "../signals.js";
import { snapshotMemoryVolume } from "../vfs/memory-snapshot.js";
import type { FileSystem } from "../vfs/types.js";
import { type CallLine, type CallMail, createCallLine } from "./call-line.js";
import type { FileRequest, FileStep } from "./file-requests.js";
import { createFileWork } from "./file-work.js";
import { giveBack } from "./give-back.js";
import type { GuestMemories } from "./guest-memories.js";
import type { GuestSnapshots } from "./guest-snapshots.js";
import {
  bytesOf,
  identityOfState,
  isSnapshot,
  type SavedState,
  type Snapshot,
  type StateChange,
} from "./guest-state.js";
import { StartRefusedError } from "./handle.js";
import { type MemoryChanges, trackMemoryChanges } from "./memory-changes.js";
import type {
  GuestLimit,
  GuestOptions,
  GuestOutcome,
  GuestRun,
  GuestUsage,
  SessionStart,
  WrittenOutput,
} from "./messages.js";
import { createMetLimit } from "./met-limit.js";
import type { OpenedState } from "./open-state.js";
import type { GuestPlatform } from "./platform.js";
import { openRuntimeImage, type Runtime } from "./runtime.js";
import type { StateLimits } from "./snapshot-header.js";
import type { EncodedSnapshot } from "./snapshot-write.js";
import { checkIdentity, identityOf } from "./state-identity.js";
import { createRunStreams, type RunStreamsHost } from "./streams.js";

/** Holds one guest and runs code in it, in whatever thread it is called. */
export interface GuestServer {
  /** Makes a guest that was only prepared a session's own; see `Guest.start`. */
  start(start: SessionStart): void;
  run(run: GuestRun): GuestOutcome;
  /**
   * As `run`, for a thread that nothing reaches while code runs: where the code waits for answers alone, these are waited
   * for, and it goes on.
   */
  runWaiting(run: GuestRun): Promise<GuestOutcome>;
  inspect(request: InspectRequest): unknown;
  /** What has changed since the last call; the guest must be at rest. */
  changes(): StateChange;
  /** The guest in the form in which it is stored; see `GuestSnapshots`. */
  snapshot(since?: string): Promise<EncodedSnapshot>;
  /** Whether an earlier snapshot is known, so that `snapshot` can give what has changed since. */
  know(id: string, snapshot?: Snapshot): Promise<boolean>;
  usage(): GuestUsage;
  /** What the guest waits for that comes another day. Absent: nothing. */
  suspension(): Suspension | undefined;
  /** The guest's memory and its libraries as the image of others. It must be at rest, with nothing that is its own. */
  image(): Uint8Array;
  /** Does what is asked of the files, step by step; see `FileWork`. The guest must be at rest, and stays so. */
  workOnFiles(request?: FileRequest): FileStep;
  /** Ends the guest. Its memory is left to the next one, if the guest has always come back as it should. */
  close(): void;
}

export interface GuestServerHost extends RunStreamsHost {
  readonly signals: Signals;
  readonly platform: GuestPlatform;
  /** Those of this thread. */
  readonly memories: GuestMemories;
  /**
   * The run has met a limit at which it is to be stopped: gives it its first notice. False if it is being stopped for
   * another reason already. Absent: nothing stops a run.
   */
  meetLimit?(limit: GuestLimit): boolean;
  /** How calls get to the owner. Absent: there is nobody to call. */
  readonly mail?: CallMail;
}

/** Makes a new guest from its runtime. */
export async function openGuest(
  runtime: Runtime,
  options: GuestOptions,
  host: GuestServerHost,
): Promise<GuestServer> {
  const server = await prepareGuest(runtime, options, host);
  server.start(options.start);
  return server;
}

/**
 * As `openGuest`, or as `state` describes it, up to the start, which alone depends on `options.start`.
 *
 * @param state Its bytes are the guest's own from then on.
 */
export async function prepareGuest(
  runtime: Runtime,
  options: GuestOptions,
  host: GuestServerHost,
  state?: SavedState,
): Promise<GuestServer> {
  const opened: Closable[] = [];
  const close = () => {
    for (const each of opened) each.close();
  };
  try {
    return { ...(await prepareWith(opened, runtime, options, host, state)), close };
  } catch (error) {
    close();
    throw error;
  }
}

interface Closable {
  close(): void;
}

/** @param opened Gets whatever is to be closed, also if the guest cannot be made. */
async function prepareWith(
  opened: Closable[],
  runtime: Runtime,
  options: GuestOptions,
  host: GuestServerHost,
  state: SavedState | undefined,
): Promise<Omit<GuestServer, "close">> {
  const { platform } = host;
  const library = platform.openLibrary(runtime);
  if (library !== undefined) opened.push(library);
  const packages = runtime.packages && (await platform.openPackages(runtime.packages));
  if (packages !== undefined) opened.push(packages);
  const restored =
    state === undefined ? undefined : await openForRuntime(state, runtime, options, platform.loadCodec);
  const mounts = runtime.stock === undefined ? options.mounts : [...options.mounts, runtime.stock.library];
  let fileChanges = 0;
  const doors = openDoors(options.deterministic);
  const files = openFiles({
    doors,
    maxFileBytes: options.maxFileBytes,
    maxFiles: options.maxFiles,
    ...(mounts.length === 0 ? {} : { mounts: { list: mounts, open: platform.openHostDirectories } }),
    ...(library === undefined ? {} : { library: { guestPath: standardLibraryPath, source: library } }),
    ...(packages === undefined ? {} : { packages: { guestPath: packagesPath, source: packages } }),
    ...(restored === undefined ? {} : { snapshot: restored.files }),
    onChange: () => fileChanges++,
  });
  const { fileSystem, memory: volume } = files;
  opened.push(fileSystem);
  const limit = createMetLimit((met) => options.onLimit === "stop" && host.meetLimit?.(met) === true);
  const onRefused = () => limit.meet("output");
  const collected =
    options.streams === "collect" ? createRunStreams(options.maxOutputBytes, host, onRefused) : undefined;
  const { ask, signals } = host;
  const owner = ask === undefined ? undefined : { ask, wait: signals.wait };
  const streams =
    collected ??
    (await platform.openStandardStreams(options.maxOutputBytes, owner, options.terminalState, onRefused));
  const { stdin, stdout, stderr } = streams;
  const image =
    runtime.imageBytes === undefined
      ? platform.openImage(runtime)
      : { image: openRuntimeImage(runtime), close() {} };
  opened.push(image);
  const { memoryBytes } = options;
  const leastBytes = image.image.pageCount * pageBytes;
  if (memoryBytes < leastBytes) {
    throw new StartRefusedError(`its memory limit must be ${Math.ceil(leastBytes / 2 ** 20)} MiB at least`);
  }
  const { clocks, randomness } = doors;
  const trace = options.trace === true ? await openTracer(opened, options, host) : undefined;
  const line: CallLine | undefined =
    options.calls === undefined || host.mail === undefined
      ? undefined
      : createCallLine(host.mail, options.calls, options.maxOutputBytes, clocks, (met) => limit.meet(met));
  const needsSockets = options.network === true && runtime.language === "python";
  const sockets = needsSockets ? (await import("../guest/cpython/sockets.js")).socketCalls : undefined;
  let isSuspended = restored?.process.suspension?.ofRun ?? false;
  let isRestored = restored !== undefined;
  if (restored?.process.suspension !== undefined) line?.restore(restored.process.suspension);
  const { loadTypeStripper } = platform;
  const guestHost: GuestHost = {
    fileSystem,
    stdin,
    stdout,
    stderr,
    signals,
    clocks,
    randomness,
    memoryBytes,
    onMemoryRefused: () => limit.meet("memory"),
    ...(loadTypeStripper === undefined ? {} : { loadTypeStripper: () => loadTypeStripper(runtime) }),
    ...(line === undefined ? {} : { line }),
    ...(sockets === undefined ? {} : { sockets }),
    ...(trace === undefined ? {} : { trace }),
    ...(packages === undefined
      ? {}
      : { nativeCode: await (await import("../guest/native-code.js")).loadNativeCode(packages.libraries) }),
  };
  const create = await loadGuest(runtime);
  // The interpreters ask before they grow their memory; a stock build and native packages grow it by themselves.
  const growsByItself = runtime.stock !== undefined || packages !== undefined;
  const isBounded = growsByItself || platform.boundsMemory === true;
  const maximumPages = isBounded ? Math.min(Math.floor(memoryBytes / pageBytes), mostPages) : mostPages;
  const memory = host.memories.take(runtime, image.image, maximumPages);
  const guest = create(runtime.module, image.image, guestHost, {
    stackBytes: platform.stackBytes,
    stackRatio: platform.stackRatio,
    maxTextBytes: textLimit(options.maxOutputBytes),
    memory,
  });
  /** Whether all that entered the guest has come back from it as it should. */
  let isSound = true;
  opened.push({ close: () => isSound && host.memories.leave(memory) });
  function enter<Result>(action: () => Result): Result {
    const wasSound = isSound;
    isSound = false;
    const result = doors.work(action);
    isSound = wasSound;
    return result;
  }
  if (restored !== undefined) {
    restored.layOver(guest.memory);
    if (guest.process !== undefined) restoreProcess(guest.process, restored.process, fileSystem, volume);
    guest.resume?.(restored.process.workingDirectory);
    doors.restore(restored.process.doors);
  } else if (image.image.linked !== undefined) {
    guest.process?.linker?.restore(image.image.linked);
  }
  const fileWork = createFileWork(files, () => guest.process?.workingDirectory ?? workingDirectory);
  const firstFiles = { changes: fileChanges, contentChanges: volume.budget.changes };
  const suspension = (): Suspension | undefined => {
    const { calls = [], bytes = 0 } = line?.suspended() ?? {};
    return calls.length === 0 && !isSuspended ? undefined : { ofRun: isSuspended, calls, bytes };
  };
  const suspensionNow = () => {
    const now = suspension();
    return now === undefined ? {} : { suspension: now };
  };
  const processState = (): ProcessState => ({
    ...(guest.process === undefined
      ? { workingDirectory, descriptors: [] }
      : saveProcess(guest.process, fileSystem)),
    doors: doors.save(),
    ...suspensionNow(),
  });
  const identity = identityOf(runtime);
  let snapshots: GuestSnapshots | undefined;
  let memoryChanges: MemoryChanges | undefined;
  // Not at once: the guest is waited for, and its first report is not.
  const trackChanges = () => {
    const changes = trackMemoryChanges(guest.memory, image.image, restored?.known ?? []);
    if (state !== undefined) for (const bytes of bytesOf(state)) giveBack(bytes);
    return changes;
  };
  const knownChanges = () => {
    memoryChanges ??= trackChanges();
    return memoryChanges;
  };
  const openSnapshots = async () => {
    if (snapshots !== undefined) return snapshots;
    // What it takes is longer to load than a short program is to run.
    const { createGuestSnapshots } = await import("./guest-snapshots.js");
    snapshots = createGuestSnapshots({
      codec: await platform.loadCodec(),
      identity,
      image: image.image,
      memory: guest.memory,
      volume,
      process: processState,
      fileChanges: () => fileChanges,
      isTracked: options.checkpoints,
      changes: knownChanges,
      origin: state !== undefined && isSnapshot(state) ? { snapshot: state, files: firstFiles } : undefined,
    });
    return snapshots;
  };
  let reportedFileChanges = restored?.known === undefined ? -1 : fileChanges;
  let workingDirectory = restored?.process.workingDirectory ?? options.start.cwd;

  function begin(run: GuestRun): void {
    fileWork.stop();
    collected?.begin(run);
    if (run.files === true) files.beginChanges();
    limit.begin();
    line?.begin();
  }

  function attemptRun(run: GuestRun): Attempt {
    const request = isRestored ? { ...run, isRestored } : run;
    const attempted = enter(() => attempt(guest, request));
    isRestored = false;
    isSuspended = attempted.result.suspended !== undefined;
    if (attempted.ended?.reason === "crash") isSound = false;
    return attempted;
  }

  function outcomeOf(run: GuestRun, { result, ended }: Attempt): GuestOutcome {
    limit.end();
    const shown = line?.end() ?? [];
    const met = limit.get();
    const isFull = ended === undefined && met === "memory" && !enter(() => guest.hasRoom());
    const end = isFull ? full : ended;
    return {
      result,
      ...(collected?.takeOutput() ?? nothingWritten),
      ...(met === undefined ? {} : { limit: met }),
      ...(streams.isLimited() ? { outputLimited: true } : {}),
      ...(end === undefined ? { memoryBytes: guest.memory.buffer.byteLength } : { ended: end }),
      ...(run.files === true && end === undefined ? { files: files.takeChanges() } : {}),
      ...(shown.length === 0 ? {} : { shown }),
      ...suspensionNow(),
    };
  }

  function finish(): void {
    limit.end();
    if ("restore" in streams) streams.restore();
  }

  return {
    start(start) {
      const { cwd, keepsDirectory, deterministic, ...others } = start;
      const rest = packages === undefined ? others : { ...others, packagesPath };
      if (restored !== undefined && deterministic !== undefined) doors.begin(deterministic);
      if (restored !== undefined && keepsDirectory && isDirectory(fileSystem, workingDirectory)) {
        enter(() => guest.start(rest));
        return;
      }
      if (!isDirectory(fileSystem, cwd)) {
        throw new StartRefusedError(`its working directory ${JSON.stringify(cwd)} does not exist`);
      }
      workingDirectory = cwd;
      enter(() => guest.start({ ...rest, cwd }));
    },
    run(run) {
      begin(run);
      try {
        return outcomeOf(run, attemptRun(run));
      } finally {
        finish();
      }
    },
    async runWaiting(run) {
      begin(run);
      try {
        let attempted = attemptRun(run);
        while (isSuspended && limit.get() === undefined && (await line?.waitForAnswer()) === true) {
          attempted = attemptRun({ ...run, mode: "resume" });
        }
        return outcomeOf(run, attempted);
      } finally {
        finish();
      }
    },
    workOnFiles: fileWork.step,
    inspect: (request) => enter(() => guest.inspect(request)),
    suspension,
    changes() {
      const changes = knownChanges();
      const filesChanged = fileChanges !== reportedFileChanges;
      reportedFileChanges = fileChanges;
      return {
        identity,
        memoryBytes: guest.memory.buffer.byteLength,
        batch: changes.collect(),
        process: processState(),
        ...(filesChanged ? { files: snapshotMemoryVolume(volume) } : {}),
      };
    },
    snapshot: async (since) => (await openSnapshots()).take(since),
    know: async (id, snapshot) => (await openSnapshots()).know(id, snapshot),
    image() {
      const { stackPointer, addresses } = image.image;
      const linked = guest.process?.linker?.save();
      const captured = captureImage(guest.memory, stackPointer, addresses);
      return encodeImage({ ...captured, ...(linked === undefined ? {} : { linked }) });
    },
    usage: () => ({
      memoryBytes: guest.memory.buffer.byteLength,
      fileBytes: volume.budget.bytes,
      files: volume.budget.nodes,
    }),
  };
}

function openFiles(options: GuestFilesOptions): GuestFiles {
  try {
    return createGuestFiles(options);
  } catch (error) {
    // A state that does not fit is the state's fault.
    if (options.snapshot !== undefined || !(error instanceof ErrnoError) || error.errno !== "ENOSPC")
      throw error;
    throw new StartRefusedError("its limits of files leave no room for the directories that every guest has");
  }
}

async function openTracer(
  opened: Closable[],
  { streams }: GuestOptions,
  { platform, ask, signals }: GuestServerHost,
): Promise<CallTracer> {
  const { createCallTracer } = await import("../abi/trace/tracer.js");
  const output = platform.openTrace(streams === "collect", ask === undefined ? undefined : signals.wait);
  opened.push(output);
  return createCallTracer(output.write);
}

/** A state that is of this runtime. Loaded only here, since it takes longer than a short program does to run. */
async function openForRuntime(
  state: SavedState,
  runtime: Runtime,
  limits: StateLimits,
  loadCodec: GuestPlatform["loadCodec"],
): Promise<OpenedState> {
  checkIdentity(identityOfState(state), runtime);
  const { openState } = await import("./open-state.js");
  return openState(await loadCodec(), state, limits);
}

function isDirectory(fileSystem: FileSystem, path: string): boolean {
  try {
    fileSystem.open(path, { read: true, directory: true }).close();
    return true;
  } catch {
    return false;
  }
}

type CreateGuest = (
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  parts: Pick<GuestPlatform, "stackBytes"> & {
    readonly stackRatio: number | undefined;
    readonly maxTextBytes: number;
    readonly memory: WebAssembly.Memory;
  },
) => Guest;

async function loadGuest(runtime: Runtime): Promise<CreateGuest> {
  if (runtime.stock !== undefined) {
    const { createStockPythonGuest } = await import("../guest/cpython/stock-guest.js");
    return (module, image, host, { maxTextBytes, memory }) =>
      createStockPythonGuest(module, image, host, maxTextBytes, memory);
  }
  if (runtime.language === "python") {
    const { createPythonGuest } = await import("../guest/cpython/guest.js");
    return (module, image, host, { maxTextBytes, stackBytes, stackRatio, memory }) =>
      createPythonGuest(module, image, host, maxTextBytes, stackBytes, stackRatio, memory);
  }
  return (await import("../guest/quickjs/guest.js")).createQuickJsGuest;
}

const nothingWritten: WrittenOutput = { output: "" };

/** What becomes of a guest that has no memory left for another run. */
const full = {
  reason: "full",
  detail: "what it holds leaves no memory for another run",
  exitCode: signalExitCodes.crash,
} as const;

type Attempt = Pick<GuestOutcome, "result" | "ended">;

function attempt(guest: Guest, run: GuestRun): Attempt {
  try {
    return { result: guest.run(run) };
  } catch (error) {
    if (error instanceof GuestExit) {
      const { exitCode } = error;
      return { result: { exitCode }, ended: { reason: "exit", detail: error.message, exitCode } };
    }
    if (error instanceof GuestCrash) {
      const detail = error.message;
      return { result: {}, ended: { reason: "crash", detail, exitCode: signalExitCodes.crash } };
    }
    throw error;
  }
}
