/**
 * The body of a snapshot, in compressed pieces: the files in memory, and the pages. Behind its header
 * (`snapshot-header.ts`) it is the snapshot.
 *
 * A page is stored as its difference from the image's, or from what it was in an earlier snapshot: then the snapshot is
 * a delta, and the files in it are those that have changed since. A new guest's memory holds the image already, so
 * that the differences, laid over it one after the other, are all that is needed to make its pages. For the same
 * reason several snapshots can be made one without any interpreter (`snapshot-compact.ts`).
 */
import type { ProcessState } from "../guest/process-state.js";
import { type Codec, sha256Of } from "./codec.js";
import type { PageDifference } from "./page-difference.js";
import { writePieces } from "./pieces.js";
import { encodeHeader } from "./snapshot-header.js";
import { writePages } from "./snapshot-pages.js";
import type { StateIdentity } from "./state-identity.js";
import { finish, type Steps } from "./steps.js";

export interface SnapshotContent {
  readonly identity: Omit<StateIdentity, "format">;
  readonly memoryBytes: number;
  readonly process: ProcessState;
  /** In ascending order. */
  readonly pages: Iterable<PageDifference>;
  /** Gives the files, part by part. Absent: they are as in the parent. */
  readonly files?: (write: (bytes: Uint8Array) => void) => void;
  /** The id of the snapshot that the differences are from. Default: they are from the image. */
  readonly parent?: string;
  /** See `SnapshotHeader.replaces`. */
  readonly replaces?: string;
}

export interface EncodedSnapshot {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly id: string;
}

/** The same content gives the same bytes. They are an array of their own. */
export function encodeSnapshot(codec: Codec, content: SnapshotContent): EncodedSnapshot {
  return finish(writeSnapshot(codec, content));
}

/** As `encodeSnapshot`, with a yield after each page. */
export function* writeSnapshot(codec: Codec, content: SnapshotContent): Steps<EncodedSnapshot> {
  const { identity, memoryBytes, process, pages, files, parent, replaces } = content;
  const { language, runtimeId, packageVersion } = identity;
  const pieces = writePieces(codec);
  let filesBytes = 0;
  files?.((bytes) => {
    filesBytes += bytes.length;
    pieces.write(bytes);
  });
  const writer = writePages(pieces.write);
  for (const [page, words] of pages) {
    writer.add(page, words);
    yield;
  }
  writer.flush();
  const body = pieces.finish();
  const header = encodeHeader(codec, {
    language,
    runtimeId,
    packageVersion,
    ...(parent === undefined ? {} : { parent }),
    ...(replaces === undefined ? {} : { replaces }),
    memoryBytes,
    pageCount: writer.count,
    pagesBytes: writer.length,
    filesBytes,
    process,
    bodyDigest: sha256Of(codec, ...body),
  });
  return { bytes: concatenate([header.bytes, ...body]), id: header.id };
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
