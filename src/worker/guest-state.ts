import type { ProcessState } from "../guest/process-state.js";
import { createReturnable } from "../returnable-bytes.js";

/** The unit in which a guest's memory is compared and kept: smaller than WebAssembly's own page of 64 KiB. */
export const statePageBytes = 4096;

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
  /** Length of the memory, in bytes. */
  readonly memoryBytes: number;
  /** To be laid over the image in this order. */
  readonly batches: readonly PageBatch[];
  /** The memory volume, as `snapshotMemoryVolume` gives it. */
  readonly files: Uint8Array;
  readonly process: ProcessState;
}

/** What has changed since the state before. */
export interface StateChange {
  readonly memoryBytes: number;
  readonly batch: PageBatch;
  /** Absent: the files are as before. */
  readonly files?: Uint8Array;
  readonly process: ProcessState;
}

export function applyChange(state: GuestState | undefined, change: StateChange): GuestState {
  const { memoryBytes, batch, process } = change;
  const files = change.files ?? state?.files;
  if (files === undefined) throw new TypeError("the first change of a state brings its files");
  const below = state?.batches.slice(0, batch.below) ?? [];
  const batches = batch.pages.length === 0 ? below : [...below, batch];
  return { memoryBytes, batches, files, process };
}

/** The bytes that a state consists of. */
export function bytesOf({ batches, files }: GuestState): Uint8Array[] {
  return [...batches.map(({ bytes }) => bytes), files];
}

export function bytesOfChange({ batch, files }: StateChange): Uint8Array[] {
  return files === undefined ? [batch.bytes] : [batch.bytes, files];
}

/** The same state with bytes of its own, in buffers that hold nothing else: another thread can have them. */
export function copyState(state: GuestState): GuestState {
  const batches = state.batches.map((batch) => ({ ...batch, bytes: copyBytes(batch.bytes) }));
  return { ...state, batches, files: copyBytes(state.files) };
}

function copyBytes(bytes: Uint8Array): Uint8Array {
  const copy = createReturnable(bytes.length);
  copy.set(bytes);
  return copy;
}
