/** Sessions in the browser's own storage, the origin's private files: a directory each, which one tab has at a time. */

const rootName = "wasm-repl-sessions";
export const treeFile = "tree.json";

export interface Store {
  /** Undefined if there is no such file. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** All of it or nothing. Throws if it cannot be kept. */
  write(name: string, data: Uint8Array<ArrayBuffer> | string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Lets another tab have it. */
  release(): void;
}

export interface StoredSession {
  readonly id: string;
  /** Of the tree's file. */
  readonly modifiedMs: number;
  readonly tree: string;
}

async function root(): Promise<FileSystemDirectoryHandle> {
  const origin = await navigator.storage.getDirectory();
  return origin.getDirectoryHandle(rootName, { create: true });
}

/**
 * Takes a session for this tab; `isOwned` is false if another one has it. Throws if the browser keeps nothing.
 *
 * @param create Make it, if it is not there.
 */
export async function openStore(
  id: string,
  create: boolean,
): Promise<{ store: Store } | "missing" | "owned"> {
  const release = await takeLock(id);
  if (release === undefined) return "owned";
  try {
    const directory = await (await root()).getDirectoryHandle(id, { create });
    return { store: { ...filesOf(directory), release } };
  } catch (error) {
    release();
    if ((error as Error).name === "NotFoundError") return "missing";
    throw error;
  }
}

/** Undefined if another tab has it. Held until it is released, or the tab is gone. */
function takeLock(id: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`${rootName}/${id}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(undefined);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

function filesOf(directory: FileSystemDirectoryHandle): Omit<Store, "release"> {
  return {
    async read(name) {
      try {
        const handle = await directory.getFileHandle(name);
        return new Uint8Array(await (await handle.getFile()).arrayBuffer());
      } catch (error) {
        if ((error as Error).name === "NotFoundError") return undefined;
        throw error;
      }
    },
    async write(name, data) {
      const handle = await directory.getFileHandle(name, { create: true });
      const writable = await handle.createWritable();
      try {
        await writable.write(data);
        await writable.close();
      } catch (error) {
        await writable.abort().catch(() => {});
        throw error;
      }
    },
    async remove(name) {
      await directory.removeEntry(name).catch(() => {});
    },
  };
}

/** The last used ones first. */
export async function storedSessions(): Promise<StoredSession[]> {
  const found: StoredSession[] = [];
  for await (const [id, handle] of (await root()).entries()) {
    if (handle.kind !== "directory") continue;
    try {
      const file = await (await (handle as FileSystemDirectoryHandle).getFileHandle(treeFile)).getFile();
      found.push({ id, modifiedMs: file.lastModified, tree: await file.text() });
    } catch {
      // It was never written.
    }
  }
  return found.sort((a, b) => b.modifiedMs - a.modifiedMs);
}

/** Copies what is kept of a session, also of one that another tab has. */
export async function copyStored(from: string, to: string): Promise<void> {
  const source = await (await root()).getDirectoryHandle(from);
  const target = filesOf(await (await root()).getDirectoryHandle(to, { create: true }));
  // The tree first: what it names was written before it.
  const tree = await filesOf(source).read(treeFile);
  for await (const [name, handle] of source.entries()) {
    if (name === treeFile || handle.kind !== "file") continue;
    const file = await (handle as FileSystemFileHandle).getFile();
    await target.write(name, new Uint8Array(await file.arrayBuffer()));
  }
  if (tree !== undefined) await target.write(treeFile, tree);
}

/** False if another tab has it. */
export async function removeStored(id: string): Promise<boolean> {
  const release = await takeLock(id);
  if (release === undefined) return false;
  try {
    await (await root()).removeEntry(id, { recursive: true });
    return true;
  } finally {
    release();
  }
}

/** Why nothing is kept, in words for a person. */
export function storageProblem(error: unknown): string {
  const { name, message } = error as Error;
  if (name === "QuotaExceededError") return "The browser's storage is full";
  if (name === "SecurityError" || name === "NotAllowedError") return "The browser refuses to keep anything";
  if (error instanceof TypeError) return "The browser cannot keep sessions here";
  return `The browser's storage failed (${message})`;
}
