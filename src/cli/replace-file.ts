import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Puts bytes in the place of a file, which afterwards holds either all of them or what it held before, even if the
 * process or the machine stops in between. Only one process at a time may do so with a path.
 */
export function replaceFile(path: string, bytes: Uint8Array): void {
  // A fixed name, so that what an interrupted write leaves behind is gone with the next one.
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, "w", 0o600);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

/** The new name lasts once its directory is on the disk. Not every system can do that with directories. */
function syncDirectory(path: string): void {
  try {
    const directory = openSync(path, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  } catch {
    // The file itself is whole either way.
  }
}
