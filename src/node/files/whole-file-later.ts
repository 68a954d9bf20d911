/** Whole files as in `whole-file.ts`, for those who go on with other things while the disk works. */
import { close, constants, fstatSync, promises, read } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import type { FilePlace } from "./file-place.js";
import { FileRefusedError } from "./held-directory.js";
import { openRegularFile } from "./host-open.js";
import { ownerOnly, regularStats, temporaryBeside } from "./whole-file.js";

const readSome = promisify(read);
const closeFile = promisify(close);
const makeNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
/** The most bytes of one call of the system. */
const mostTransferBytes = 2 ** 30;

/** As `readWhole`. */
export async function readWholeLater(place: FilePlace, mostBytes: number): Promise<Uint8Array | undefined> {
  if (regularStats(place) === undefined) return undefined;
  const file = openRegularFile(place.path(), constants.O_RDONLY, place.usesHandles);
  try {
    const { size } = fstatSync(file);
    if (size > mostBytes)
      throw new FileRefusedError(`it has ${size} bytes, and ${mostBytes} is the most here`);
    const bytes = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const { bytesRead } = await readSome(file, bytes, done, Math.min(size - done, mostTransferBytes), null);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await closeFile(file);
  }
}

/**
 * As `writeWhole`, durably. Once it resolves the file holds the bytes, whatever happens to process and machine; if it
 * rejects, the file is as it was.
 */
export async function writeWholeLater(place: FilePlace, bytes: Uint8Array): Promise<void> {
  regularStats(place);
  const { temporary, file } = await makeTemporary(place);
  try {
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await promises.rename(temporary.path(), place.path());
  } catch (error) {
    await promises.unlink(temporary.path()).catch(() => {});
    throw error;
  }
  await place.syncLater();
}

async function makeTemporary(place: FilePlace): Promise<{ temporary: FilePlace; file: FileHandle }> {
  for (;;) {
    const temporary = temporaryBeside(place);
    try {
      return { temporary, file: await promises.open(temporary.path(), makeNew, ownerOnly) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
