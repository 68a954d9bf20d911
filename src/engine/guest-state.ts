import type { ProcessState } from "../guest/process-state.js";
import { createReturnable } from "../returnable-bytes.js";
import type { SnapshotHeader } from "./snapshot-header.js";
import { type StateIdentity, stateFormat } from "./state-identity.js";
import { statePageBytes } from "./state-page.js";

/** Pages of a guest's memory that differ from what was known before. */
export interface PageBatch {
  /** Page numbers, ascending. */
  readonly pages: Uint32Array;
  /** The pages' bytes, in the same order. */
  readonly bytes: Uint8Array;
  /** So many batches lie below this one, the first that are known. Those behind them are of no further use. */
  readonly below: number;
}

/** A guest between two runs: all that is needed to make the same guest again from its image. */
export interface GuestState {
  readonly identity: StateIdentity;
  /** Length of the memory, in bytes. */
  readonly memoryBytes: number;
  /** To be laid over the image in this order. */
  readonly batches: readonly PageBatch[];
  /** The memory volume, as `snapshotMemoryVolume` gives it. */
  readonly files: Uint8Array;
  readonly process: ProcessState;
}

/**
 * A guest's state in the form in which it is stored: a whole snapshot, and those that hold what changed since, in
 * order. It may be a stranger's, and only its headers have been looked at.
 */
export interface Snapshot {
  readonly parts: readonly [SnapshotPart, ...SnapshotPart[]];
  /** The id of the last of them. */
  readonly id: string;
}

export interface SnapshotPart {
  readonly header: SnapshotHeader;
  /** Everything behind the header, still compressed. In shared memory, where there is any. */
  readonly body: Uint8Array;
}

/** What a guest can be made again from. */
export type SavedState = GuestState | Snapshot;

export function isSnapshot(state: SavedState): state is Snapshot {
  return "parts" in state;
}

/** What the state must have in common with the guest that is made from it. */
export function identityOfState(state: SavedState): StateIdentity {
  if (!isSnapshot(state)) return state.identity;
  const { header } = state.parts.at(-1) ?? state.parts[0];
  return { ...header, format: stateFormat };
}

/** Bytes that have to be moved to make a guest from a state. */
export function bytesToRestore(state: SavedState): number {
  if (isSnapshot(state)) {
    return state.parts.reduce(
      (sum, { header }) => sum + header.pageCount * statePageBytes + header.filesBytes,
      0,
    );
  }
  return state.batches.reduce((sum, { bytes }) => sum + bytes.length, state.files.length);
}

/** What has changed since the state before. */
export interface StateChange {
  readonly identity: StateIdentity;
  readonly memoryBytes: number;
  readonly batch: PageBatch;
  /** Absent: the files are as before. */
  readonly files?: Uint8Array;
  readonly process: ProcessState;
}

/** The first change of a guest that was made from its image, or from a snapshot, holds all that differs from the image. */
export function applyChange(state: SavedState | undefined, change: StateChange): GuestState {
  const known = state === undefined || isSnapshot(state) ? undefined : state;
  const { identity, memoryBytes, batch, process } = change;
  const files = change.files ?? known?.files;
  if (files === undefined) throw new TypeError("the first change of a state brings its files");
  const below = known?.batches.slice(0, batch.below) ?? [];
  const batches = batch.pages.length === 0 ? below : [...below, batch];
  return { identity, memoryBytes, batches, files, process };
}

/** The bytes of a state that can be moved to another thread. A snapshot's are shared. */
export function bytesOf(state: SavedState): Uint8Array[] {
  return isSnapshot(state) ? [] : [...state.batches.map(({ bytes }) => bytes), state.files];
}

export function bytesOfChange({ batch, files }: StateChange): Uint8Array[] {
  return files === undefined ? [batch.bytes] : [batch.bytes, files];
}

/** The same state with bytes of its own, in buffers that hold nothing else: another thread can have them. */
export function copyState(state: SavedState): SavedState {
  if (isSnapshot(state)) return state;
  const batches = state.batches.map((batch) => ({ ...batch, bytes: copyBytes(batch.bytes) }));
  return { ...state, batches, files: copyBytes(state.files) };
}

function copyBytes(bytes: Uint8Array): Uint8Array {
  const copy = createReturnable(bytes.length);
  copy.set(bytes);
  return copy;
}
