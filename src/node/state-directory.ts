import { mkdirSync, promises } from "node:fs";
import { join } from "node:path";
import { WasmReplError } from "../errors.js";
import type { StateStore } from "../session/state-store.js";
import type { Mount } from "../vfs/mount-spec.js";
import { FileLockError, takeLock } from "./files/file-lock.js";
import { fileProblem } from "./files/file-problems.js";
import { openOutside } from "./files/outside-mounts.js";
import { fileOfTemporary, regularStats, removeTemporaries } from "./files/whole-file.js";
import { readWholeLater, writeWholeLater } from "./files/whole-file-later.js";
import { sessionNameOf, stateFileName } from "./state-file-name.js";

/** What the lock of a directory is called, without its suffix. No state has that name. */
const lockName = "sessions";
/** No session has more: its memory is addressed by 32 bits, and a state is compressed. */
const mostStateBytes = 2 ** 32;
const stateFile = /^session-/;

/** The states of sessions in a directory of the host's, a file each: what `--session` takes. */
export interface StateDirectory extends StateStore {
  /** `DIRECTORY_UNUSABLE` if a guest with these mounts could write where the states are. */
  checkMounts(mounts: readonly Mount[]): void;
}

/**
 * Opens a directory, which is made if there is none, for this process alone. A state is written to a temporary file
 * that takes its name once it is whole and on the disk. No link there is followed.
 *
 * `DIRECTORY_UNUSABLE` if another process uses it, or if it cannot be used.
 */
export function openStateDirectory(directory: string, mounts: readonly Mount[]): StateDirectory {
  const lockPath = join(directory, lockName);
  const open = (mounts: readonly Mount[]) => {
    try {
      return openOutside(lockPath, mounts);
    } catch (error) {
      throw unusable(directory, error);
    }
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(directory, error);
  }
  const place = open(mounts);
  let unlock: () => void;
  try {
    unlock = takeLock(place, lockPath);
    for (const name of place.siblings()) {
      const file = fileOfTemporary(name);
      if (file !== undefined && stateFile.test(file)) removeTemporaries(place.named(file));
    }
  } catch (error) {
    place.close();
    throw unusable(directory, error);
  }
  const placeOf = (name: string) => place.named(stateFileName(name));
  const unreadable = (verb: "use" | "read", name: string, cause: unknown) => {
    const file = join(directory, stateFileName(name));
    const message = fileProblem(verb, file, cause) ?? `cannot ${verb} ${file}: ${cause}`;
    return new WasmReplError("STATE_UNREADABLE", message, { cause });
  };

  return {
    check(name) {
      stateFileName(name);
    },
    checkMounts(mounts) {
      open(mounts).close();
    },
    async read(name) {
      try {
        return await readWholeLater(placeOf(name), mostStateBytes);
      } catch (error) {
        throw unreadable("read", name, error);
      }
    },
    async write(name, state) {
      try {
        await writeWholeLater(placeOf(name), state);
      } catch (cause) {
        const problem = fileProblem("write", join(directory, stateFileName(name)), cause);
        throw problem === undefined ? cause : new Error(problem, { cause });
      }
    },
    async remove(name) {
      const file = placeOf(name);
      try {
        await promises.unlink(file.path());
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
        throw unreadable("use", name, error);
      }
      await file.syncLater();
      return true;
    },
    async has(name) {
      try {
        return regularStats(placeOf(name)) !== undefined;
      } catch {
        // Something is in its place, though no state can be read from it.
        return true;
      }
    },
    async names() {
      return place.siblings().flatMap((file) => sessionNameOf(file) ?? []);
    },
    close() {
      unlock();
      place.close();
    },
  };
}

function unusable(directory: string, cause: unknown): unknown {
  if (cause instanceof FileLockError)
    return new WasmReplError("DIRECTORY_UNUSABLE", cause.message, { cause });
  const problem = fileProblem("use", `the directory ${directory}`, cause);
  return problem === undefined ? cause : new WasmReplError("DIRECTORY_UNUSABLE", problem, { cause });
}
