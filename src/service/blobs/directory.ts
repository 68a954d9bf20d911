import { randomBytes } from "node:crypto";
import { mkdir, open, opendir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileProblem } from "../../node/files/file-problems.js";
import { StoreUnavailable, StoreUnusable } from "../store/store-unavailable.js";
import { checkBlobName, isBlobName } from "./blob-name.js";
import { BlobMissing, type Blobs } from "./blobs.js";

/** What a blob is called until it is whole; no name of a blob begins so. */
const unfinished = ".";
/** What is unfinished for so long was left by a process that has ended. */
const longestWriteMs = 24 * 60 * 60_000;

/**
 * Blobs as files of a directory, which is made if there is none. Workers on several machines can share it, if each sees
 * at once what another has written. `StoreUnusable` if it cannot be used.
 */
export async function openBlobDirectory(directory: string): Promise<Blobs> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await (await opendir(directory)).close();
  } catch (cause) {
    throw new StoreUnusable(problem("use", directory, cause), { cause });
  }
  // So that no directory has very many files.
  const folderOf = (name: string) => join(directory, name.slice(0, 2));
  const pathOf = (name: string) => {
    checkBlobName(name);
    return join(folderOf(name), name);
  };

  return {
    async put(name, bytes) {
      const path = pathOf(name);
      const folder = folderOf(name);
      const temporary = join(folder, `${unfinished}${name}.${randomBytes(6).toString("hex")}`);
      try {
        const made = await mkdir(folder, { recursive: true, mode: 0o700 });
        if (made !== undefined) await syncDirectory(directory);
        try {
          const file = await open(temporary, "wx", 0o600);
          try {
            await file.writeFile(bytes);
            await file.sync();
          } finally {
            await file.close();
          }
          await rename(temporary, path);
        } catch (error) {
          await rm(temporary, { force: true }).catch(() => {});
          throw error;
        }
        await syncDirectory(folder);
      } catch (cause) {
        throw new StoreUnavailable(problem("write", path, cause), { cause });
      }
    },

    async get(name) {
      const path = pathOf(name);
      try {
        return await readFile(path);
      } catch (cause) {
        if (isAbsent(cause)) throw new BlobMissing(`there is no blob ${name}`, { cause });
        throw new StoreUnavailable(problem("read", path, cause), { cause });
      }
    },

    async delete(name) {
      const path = pathOf(name);
      try {
        await rm(path, { force: true });
      } catch (cause) {
        throw new StoreUnavailable(problem("use", path, cause), { cause });
      }
    },

    async *list() {
      for await (const folder of entries(directory)) {
        if (!folder.isDirectory()) continue;
        for await (const entry of entries(join(directory, folder.name))) {
          const path = join(directory, folder.name, entry.name);
          const stats = await stat(path).catch(() => undefined);
          if (!stats?.isFile()) continue;
          const { mtime } = stats;
          if (entry.name.startsWith(unfinished)) {
            if (Date.now() - mtime.getTime() > longestWriteMs) await rm(path, { force: true });
          } else if (isBlobName(entry.name) && folder.name === entry.name.slice(0, 2)) {
            yield { name: entry.name, modifiedAt: mtime };
          }
        }
      }
    },
  };
}

async function* entries(directory: string) {
  try {
    yield* await opendir(directory);
  } catch (cause) {
    throw new StoreUnavailable(problem("read", directory, cause), { cause });
  }
}

/** The new name lasts once its directory is on the disk. Not every system can do that with directories. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {
    // The file itself is whole either way.
  }
}

const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === "ENOENT";

const problem = (verb: "use" | "read" | "write", path: string, cause: unknown) =>
  fileProblem(verb, path, cause) ?? `cannot ${verb} ${path}: ${cause}`;
