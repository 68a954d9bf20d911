import type { Codec } from "./codec.js";
import { createCollectedPages } from "./collected-pages.js";
import type { SnapshotPart } from "./guest-state.js";
import { type Chain, lastOf } from "./snapshot-chain.js";
import { mostFilesBytes, type StateLimits } from "./snapshot-header.js";
import { layOver, mergeFiles, type OpenedPart, openPart } from "./snapshot-read.js";
import { writeSnapshot } from "./snapshot-write.js";
import type { Steps } from "./steps.js";

/**
 * Makes one whole snapshot of a chain. Differences that are laid over one another are a difference too, so neither an
 * interpreter nor its image is needed. What it gives has the body of the snapshot that would have been taken whole, and
 * takes the place of the chain's last one: what follows that one follows this one.
 *
 * Fails with a `DamagedError` if a body is not as it should be, and if the files go over the limits.
 */
export function* compactChain(codec: Codec, chain: Chain, limits: StateLimits): Steps<Uint8Array> {
  const { header, id } = lastOf(chain);
  const opened: OpenedPart[] = [];
  for (const link of chain) opened.push(yield* openPart(codec, bodyOf(link)));
  const fileLimits = { maxBytes: mostFilesBytes(limits), maxNodes: limits.maxFiles };
  const files = yield* mergeFiles(opened, fileLimits);
  const pages = createCollectedPages();
  for (const part of opened) yield* layOver(part, pages.wordsOf);
  const { bytes } = yield* writeSnapshot(codec, {
    identity: header,
    memoryBytes: header.memoryBytes,
    process: header.process,
    pages: pages.all(),
    files(write) {
      for (const part of files.parts) write(part);
    },
    replaces: id,
  });
  return bytes;
}

function bodyOf({ header, bytes, bodyStart }: Chain[0]): SnapshotPart {
  return { header, body: bytes.subarray(bodyStart) };
}
