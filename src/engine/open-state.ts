import { pageBytes } from "../guest/image.js";
import type { ProcessState } from "../guest/process-state.js";
import { type ByteSource, sourceOf } from "../vfs/byte-source.js";
import type { Codec } from "./codec.js";
import { type GuestState, isSnapshot, type PageBatch, type SavedState } from "./guest-state.js";
import { mostFilesBytes, type StateLimits } from "./snapshot-header.js";
import { openSnapshot } from "./snapshot-read.js";
import { statePageBytes } from "./state-page.js";

/** A state on its way into a new guest. What there is to read is read once, the files first. */
export interface OpenedState {
  readonly files: ByteSource;
  readonly process: ProcessState;
  /** Brings the memory, which holds the image, to what it was. */
  layOver(memory: WebAssembly.Memory): void;
  /** What the guest's owner knows of its pages. Absent: nothing that the next report could build on. */
  readonly known?: readonly PageBatch[];
}

/** Fails if the state is a snapshot that is not as it should be. */
export function openState(codec: Codec, state: SavedState, limits: StateLimits): OpenedState {
  if (isSnapshot(state))
    return openSnapshot(codec, state, { maxBytes: mostFilesBytes(limits), maxNodes: limits.maxFiles });
  return {
    files: sourceOf(state.files),
    process: state.process,
    layOver: (memory) => applyBatches(memory, state),
    known: state.batches,
  };
}

function applyBatches(memory: WebAssembly.Memory, { memoryBytes, batches }: GuestState): void {
  const missing = (memoryBytes - memory.buffer.byteLength) / pageBytes;
  if (missing > 0) memory.grow(missing);
  const target = new Uint8Array(memory.buffer);
  for (const { pages, bytes } of batches) {
    for (const [index, page] of pages.entries()) {
      target.set(bytes.subarray(index * statePageBytes, (index + 1) * statePageBytes), page * statePageBytes);
    }
  }
}
