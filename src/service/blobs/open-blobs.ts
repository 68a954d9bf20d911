import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { BlobMissing, type Blobs } from "./blobs.js";

/** The blobs in a directory, or in a bucket: `s3://…`. */
export async function openBlobs(place: string): Promise<Blobs> {
  await mkdir(place, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(place, encodeURIComponent(name));
  return {
    async put(name, bytes) {
      const file = await open(`${at(name)}.tmp`, "wx", 0o600);
      await file.writeFile(bytes);
      await file.sync();
      await file.close();
      await rename(`${at(name)}.tmp`, at(name));
    },
    async get(name) {
      try {
        return await readFile(at(name));
      } catch (cause) {
        throw (cause as NodeJS.ErrnoException).code === "ENOENT" ? new BlobMissing(name) : cause;
      }
    },
    delete: (name) => rm(at(name), { force: true }),
    async *list() {
      for (const name of await readdir(place)) {
        yield { name: decodeURIComponent(name), modifiedAt: (await stat(join(place, name))).mtime };
      }
    },
  };
}
