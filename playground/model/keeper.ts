/** Writes a session's states and its tree to the browser's storage, one after the other, and says how that goes. */
import { type Store, storageProblem, treeFile } from "./store.js";

export type Keeping =
  | { readonly is: "kept" }
  | { readonly is: "keeping" }
  /** What is in memory goes on; a reload loses what has no place in the storage. */
  | { readonly is: "problem"; readonly reason: string };

export interface Keeper {
  /** A file beside the tree, which is there to be read at once. */
  put(name: string, bytes: Uint8Array): void;
  get(name: string): Promise<Uint8Array | undefined>;
  forget(name: string): void;
  /** Something has changed: all that is not written yet is, and then the tree. */
  keep(): void;
  /** When all is written, or cannot be. */
  settled(): Promise<void>;
}

/** @param store Absent: nothing can be kept, for the `problem`. */
export function createKeeper(
  store: Store | undefined,
  problem: string,
  tree: () => string,
  onChange: (keeping: Keeping) => void,
): Keeper {
  /** What has no place in the storage yet, or never will. */
  const unwritten = new Map<string, Uint8Array>();
  let work = Promise.resolve();
  let isAsked = false;

  async function write(to: Store): Promise<void> {
    isAsked = false;
    onChange({ is: "keeping" });
    try {
      for (const [name, bytes] of [...unwritten]) {
        await to.write(name, new Uint8Array(bytes));
        unwritten.delete(name);
      }
      await to.write(treeFile, tree());
      if (!isAsked) onChange({ is: "kept" });
    } catch (error) {
      onChange({ is: "problem", reason: storageProblem(error) });
    }
  }

  return {
    put: (name, bytes) => void unwritten.set(name, bytes),
    get: async (name) => unwritten.get(name) ?? (await store?.read(name)),
    forget(name) {
      unwritten.delete(name);
      void store?.remove(name);
    },
    keep() {
      if (store === undefined) return onChange({ is: "problem", reason: problem });
      if (isAsked) return;
      isAsked = true;
      work = work.then(() => write(store));
    },
    settled: () => work,
  };
}
