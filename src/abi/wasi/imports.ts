import { ErrnoError, errnoNumbers } from "../../errno.js";
import { GuestCrash, GuestExit, isStackOverflow } from "../../guest-end.js";
import { GuestMemory } from "../guest-memory.js";
import { argumentFunctions } from "./arguments.js";
import { clockFunctions } from "./clock.js";
import { applicableRights, Descriptors } from "./descriptors.js";
import { fdDirectoryFunctions } from "./fd-directory.js";
import { fdIoFunctions } from "./fd-io.js";
import { fdStatusFunctions } from "./fd-status.js";
import type { Preopen, WasiContext, WasiHost } from "./host.js";
import { pathFunctions } from "./path.js";
import { pathOpenFunctions } from "./path-open.js";
import { pollFunctions } from "./poll.js";
import { processFunctions } from "./process.js";
import { randomFunctions } from "./random.js";
import { directoryRights, fileRights } from "./rights.js";
import { socketFunctions } from "./socket.js";

/** The name under which a module imports these functions. */
export const wasiModuleName = "wasi_snapshot_preview1";

/** One guest's view of WASI preview 1. */
export interface Wasi {
  /** Every function of the specification, by name: the import object `wasi_snapshot_preview1`. */
  readonly imports: Record<string, (...args: never[]) => number>;
  /** Must be attached to the guest's memory before the guest makes a call that takes a pointer. */
  readonly memory: GuestMemory;
  readonly descriptors: Descriptors;
  /** What ended the guest (`GuestExit`, `GuestCrash`, a stack overflow), once something has, even if it was caught. */
  readonly ending: Ending;
  /** Closes every file that the guest has open. */
  close(): void;
}

export interface Ending {
  error?: unknown;
}

/** Opens the preopened directories and makes the import functions. An `ErrnoError` if a directory cannot be opened. */
export function createWasi(host: WasiHost): Wasi {
  const memory = new GuestMemory();
  const descriptors = new Descriptors();
  const context: WasiContext = { host, memory, descriptors };
  for (const file of [host.stdin, host.stdout, host.stderr]) {
    descriptors.add({ file, base: applicableRights(file), inheriting: 0, syncFlags: 0, borrowed: true });
  }
  try {
    for (const preopen of host.preopens) openPreopen(context, preopen);
  } catch (error) {
    descriptors.closeAll();
    throw error;
  }
  const functions = {
    ...argumentFunctions(context),
    ...clockFunctions(context),
    ...randomFunctions(context),
    ...processFunctions(),
    ...fdIoFunctions(context),
    ...fdStatusFunctions(context),
    ...fdDirectoryFunctions(context),
    ...pathOpenFunctions(context),
    ...pathFunctions(context),
    ...pollFunctions(context),
    ...socketFunctions(context),
  };
  const ending: Ending = {};
  const imports = withTrampolines(functions, ending);
  return {
    imports: host.trace?.wasi(imports, memory) ?? imports,
    memory,
    descriptors,
    ending,
    close: () => descriptors.closeAll(),
  };
}

function openPreopen({ host, descriptors }: WasiContext, { path, name = path }: Preopen): void {
  const file = host.fileSystem.open(path, { read: true, directory: true });
  descriptors.add({
    file,
    base: directoryRights,
    inheriting: directoryRights | fileRights,
    syncFlags: 0,
    preopen: new TextEncoder().encode(name),
  });
}

/**
 * The one place where a failure becomes a number. What ends the guest (`GuestExit`, `GuestCrash`) goes on to whoever
 * called it, and so does a stack overflow, which may have struck in the middle of a change; from then on every call
 * fails with it, since a guest that catches exceptions could otherwise go on. Any other error is a fault of ours,
 * which is not the guest's to see: `EIO`.
 */
function withTrampolines(
  functions: Record<string, (...args: never[]) => void>,
  ending: Ending,
): Record<string, (...args: never[]) => number> {
  const imports: Record<string, (...args: never[]) => number> = {};
  for (const [name, implementation] of Object.entries(functions)) {
    // Named one by one, since gathering and spreading them takes as long as a short call. No function has more.
    imports[name] = (a, b, c, d, e, f, g, h, i) => {
      if (ending.error !== undefined) throw ending.error;
      try {
        implementation(a, b, c, d, e, f, g, h, i);
        return 0;
      } catch (error) {
        if (error instanceof ErrnoError) return errnoNumbers[error.errno];
        if (error instanceof GuestExit || error instanceof GuestCrash || isStackOverflow(error)) {
          ending.error = error;
          throw error;
        }
        return errnoNumbers.EIO;
      }
    };
  }
  return imports;
}
