import { FileLockError, takeLock } from "../node/files/file-lock.js";
import type { FilePlace } from "../node/files/file-place.js";
import { fileProblem } from "../node/files/file-problems.js";
import { openOutside } from "../node/files/outside-mounts.js";
import { readWhole, regularStats, writeWhole } from "../node/files/whole-file.js";
import type { Mount } from "../vfs/mount-spec.js";
import { UsageError } from "./usage-error.js";

export interface SessionFileOptions {
  /** A path on the host. */
  readonly path: string;
  /** Run from the file and keep nothing. */
  readonly readOnly: boolean;
}

/** A file that holds a session between processes. This process alone uses it until `close`. */
export interface SessionFile {
  readonly readOnly: boolean;
  /** The snapshot to begin from; empty if there is no file yet. */
  readonly content: { readonly snapshot?: Uint8Array };
  /** Does nothing with a file that is only read. An error of one line if it fails; the file is as it was then. */
  save(snapshot: Uint8Array): void;
  close(): void;
}

/** No session has more: its memory is addressed by 32 bits, and a snapshot is compressed. */
const mostSessionBytes = 2 ** 32;

/**
 * A `UsageError` if another process uses the file, or if it cannot be read: among others because it is a link or a
 * device, or because it lies in one of `mounts` that the guest may write to.
 */
export function openSessionFile(
  { path, readOnly }: SessionFileOptions,
  mounts: readonly Mount[],
): SessionFile {
  try {
    return readOnly ? openToRead(path, mounts) : openToKeep(path, mounts);
  } catch (error) {
    throw failure("use", path, error);
  }
}

/** Writes a session to a file, all of it or nothing, under the same conditions as `openSessionFile`. */
export function writeSession(path: string, mounts: readonly Mount[], snapshot: Uint8Array): void {
  try {
    const { place, release } = openLocked(path, mounts);
    try {
      writeWhole(place, snapshot);
    } finally {
      release();
    }
  } catch (error) {
    throw failure("write", path, error);
  }
}

/** Reads a session that was written to a file, under the same conditions as `openSessionFile`. */
export function readSession(path: string, mounts: readonly Mount[]): Uint8Array {
  try {
    return openToRead(path, mounts).content.snapshot;
  } catch (error) {
    throw failure("read", path, error);
  }
}

function openToRead(path: string, mounts: readonly Mount[]) {
  const place = openOutside(path, mounts);
  try {
    const snapshot = readWhole(place, mostSessionBytes);
    if (snapshot === undefined) throw new UsageError(`cannot read ${path}: there is no such file`);
    return { readOnly: true, content: { snapshot }, save() {}, close() {} };
  } finally {
    place.close();
  }
}

function openToKeep(path: string, mounts: readonly Mount[]): SessionFile {
  const { place, release } = openLocked(path, mounts);
  try {
    const { nlink = 1n } = regularStats(place) ?? {};
    // Each name would have a lock of its own, and go its own way once the file is replaced.
    if (nlink > 1n)
      throw new UsageError(`cannot use ${path}: it has other names (hard links); make a copy of it`);
    const snapshot = readWhole(place, mostSessionBytes);
    return {
      readOnly: false,
      content: snapshot === undefined ? {} : { snapshot },
      save(bytes) {
        try {
          writeWhole(place, bytes);
        } catch (error) {
          throw failure("write", path, error);
        }
      },
      close: release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The place of a file that may be written, which is this process's until `release`. */
function openLocked(path: string, mounts: readonly Mount[]): { place: FilePlace; release(): void } {
  const place = openOutside(path, mounts);
  try {
    // Before there is a lock beside what is no file.
    regularStats(place);
    const unlock = takeLock(place, path);
    let released = false;
    return {
      place,
      release() {
        if (released) return;
        released = true;
        unlock();
        place.close();
      },
    };
  } catch (error) {
    place.close();
    throw error;
  }
}

/** `UsageError` but for a failed write, which may come late and be nobody's mistake. */
function failure(verb: "use" | "read" | "write", path: string, error: unknown): unknown {
  if (error instanceof FileLockError) return new UsageError(error.message);
  const problem = fileProblem(verb, path, error);
  if (problem === undefined) return error;
  return verb === "write" ? new Error(`${problem}; nothing has changed`) : new UsageError(problem);
}
