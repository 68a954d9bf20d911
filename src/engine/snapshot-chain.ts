import type { Codec } from "./codec.js";
import {
  checkLimits,
  invalid,
  mostFilesBytes,
  type ReadHeader,
  readHeader,
  type StateLimits,
} from "./snapshot-header.js";

/** What a session can begin from: one whole snapshot, or that and those that hold what changed since, in order. */
export type SnapshotBytes = Uint8Array | readonly Uint8Array[];

/** The most snapshots in a chain: reading their headers holds the caller up. */
export const maxChainLength = 256;
/** All of a chain expands to no more than so many times what one snapshot may. */
const greatestExpansion = 4;

/** One snapshot of a chain. */
export interface Link extends ReadHeader {
  readonly bytes: Uint8Array;
}

/** A whole snapshot, and after it what changed. */
export type Chain = readonly [Link, ...Link[]];

/**
 * Reads the headers of a chain, which may come from anywhere, and checks that each follows the one before it. The
 * errors are those of `readHeader`, and `INVALID_SNAPSHOT` for what is no chain or goes over the limits. Yields after
 * each header.
 */
export function* readChain(
  codec: Codec,
  snapshot: SnapshotBytes,
  limits: StateLimits,
): Generator<void, Chain> {
  const parts: readonly unknown[] = Array.isArray(snapshot) ? snapshot : [snapshot];
  if (parts.length > maxChainLength) {
    throw invalid(
      `it is a chain of ${parts.length}, and ${maxChainLength} are the most; make one of them first`,
    );
  }
  const links: Link[] = [];
  let expandedBytes = 0;
  for (const bytes of parts) {
    const link = { ...readHeader(codec, bytes), bytes: bytes as Uint8Array };
    checkOrder(links, link);
    checkLimits(link.header, limits);
    expandedBytes += link.header.pagesBytes + link.header.filesBytes;
    if (expandedBytes > greatestExpansion * (limits.memoryBytes + mostFilesBytes(limits))) {
      throw invalid("its parts are far larger together than a session may be; make one of them first");
    }
    links.push(link);
    yield;
  }
  const [first, ...rest] = links;
  if (first === undefined) throw invalid("it is a chain of none");
  return [first, ...rest];
}

/** The snapshot that a chain stands for: its last one's identity, and sizes, and process. */
export function lastOf(chain: Chain): Link {
  return chain.at(-1) ?? chain[0];
}

function checkOrder(before: readonly Link[], { header }: Link): void {
  const last = before.at(-1);
  if (last === undefined) {
    if (header.parent === undefined) return;
    throw invalid("it holds only what changed since another one, which must be given before it");
  }
  const place = `number ${before.length + 1} of the chain`;
  if (header.parent === undefined) throw invalid(`${place} is a whole snapshot, and only the first may be`);
  const follows =
    header.parent === last.id &&
    header.language === last.header.language &&
    header.runtimeId === last.header.runtimeId &&
    header.memoryBytes >= last.header.memoryBytes;
  if (!follows) throw invalid(`${place} does not follow the one before it`);
}
