import { randomUUID } from "node:crypto";
import { inspectSnapshot } from "../../node/snapshots.js";
import type { Blobs } from "../blobs/blobs.js";
import type { PartWrite, StatePart, StateWrite, Store } from "../store/store.js";

/** Parts up to this size are in the store itself, which keeps them with the commit; others are blobs. */
const mostInlineBytes = 256 * 1024;
/** The most blobs that are read at one time for one state. */
const readsAtOnce = 8;

/** The states of sessions: their parts in the store, the large ones as blobs. */
export interface States {
  /** The chain of a session's snapshots. Empty: it has run nothing. */
  read(key: string): Promise<ReadState>;
  /** Puts the bytes where they belong, so that they can be referred to. */
  keep(snapshot: Uint8Array, whole: boolean): Promise<StateWrite>;
}

export interface ReadState {
  readonly parts: readonly StatePart[];
  readonly chain: readonly Uint8Array[];
}

export function createStates(store: Store, blobs: Blobs): States {
  async function bytesOf(part: StatePart): Promise<Uint8Array> {
    return "bytes" in part ? part.bytes : blobs.get(part.blob);
  }

  return {
    async read(key) {
      const parts = await store.readState(key);
      const chain: Uint8Array[] = [];
      for (let at = 0; at < parts.length; at += readsAtOnce) {
        chain.push(...(await Promise.all(parts.slice(at, at + readsAtOnce).map(bytesOf))));
      }
      return { parts, chain };
    },
    async keep(snapshot, whole) {
      const { id, runtimeId } = inspectSnapshot(snapshot);
      const base = { snapshotId: id, byteLength: snapshot.length };
      let part: PartWrite;
      if (snapshot.length < mostInlineBytes) part = { ...base, bytes: snapshot };
      else {
        // Never used before, so that nothing that refers to another is changed by it.
        const blob = randomUUID();
        await blobs.put(blob, snapshot);
        part = { ...base, blob };
      }
      return { part: { ...part, whole }, runtimeId };
    },
  };
}
