import { pageBytes } from "../guest/image.js";
import type { ProcessState } from "../guest/process-state.js";
import type { ByteSource } from "../vfs/byte-source.js";
import {
  type FileRecords,
  type RecordLimits,
  readFileRecords,
  sourceOfRecords,
} from "../vfs/memory-snapshot-records.js";
import type { Codec } from "./codec.js";
import type { Snapshot, SnapshotPart } from "./guest-state.js";
import { DamagedError, partOf, readPieces } from "./pieces.js";
import type { SnapshotHeader } from "./snapshot-header.js";
import { layPagesOver, wordsPerPage } from "./snapshot-pages.js";
import { statePageBytes } from "./state-page.js";
import { finish, type Steps } from "./steps.js";

/** Bytes that are hashed in one step. */
const hashedAtOnceBytes = 1024 * 1024;

const skippedAtOnceBytes = 256 * 1024;

/** What is in a snapshot whose headers have been accepted. Both parts are to be read once, in this order. */
export interface OpenedSnapshot {
  readonly files: ByteSource;
  readonly process: ProcessState;
  /** Lays the pages over a memory that holds the image. Fails, half way perhaps, if they are not as they should be. */
  layOver(memory: WebAssembly.Memory): void;
}

/**
 * Fails if it is not as it should be, or its files go over the limits.
 */
export function openSnapshot(codec: Codec, { parts }: Snapshot, fileLimits: RecordLimits): OpenedSnapshot {
  const opened = parts.map((part) => finish(openPart(codec, part)));
  const [first] = opened;
  const { header } = parts.at(-1) ?? parts[0];
  if (first === undefined) throw new DamagedError();
  return {
    // One alone is read as it comes, without a copy of it.
    files: opened.length === 1 ? first.files : sourceOfRecords(finish(mergeFiles(opened, fileLimits))),
    process: header.process,
    layOver(memory) {
      const missing = (header.memoryBytes - memory.buffer.byteLength) / pageBytes;
      if (missing > 0) memory.grow(missing);
      const wordsOf = (page: number) => new Uint32Array(memory.buffer, page * statePageBytes, wordsPerPage);
      for (const part of opened) finish(layOver(part, wordsOf));
    },
  };
}

/** A snapshot by itself, whose files are to be read before its pages. */
export interface OpenedPart {
  readonly header: SnapshotHeader;
  readonly files: ByteSource;
  readonly pages: ByteSource;
}

export function* openPart(codec: Codec, { header, body }: SnapshotPart): Steps<OpenedPart> {
  const hash = codec.sha256();
  for (let done = 0; done < body.length; done += hashedAtOnceBytes) {
    hash.update(body.subarray(done, done + hashedAtOnceBytes));
    yield;
  }
  if (hash.digest() !== header.bodyDigest) throw new DamagedError();
  const { filesBytes, pagesBytes } = header;
  const source = readPieces(codec, body, filesBytes + pagesBytes);
  return { header, files: partOf(source, filesBytes), pages: source };
}

/** Lays the differences of one snapshot over what there was before it. */
export function layOver({ header, pages }: OpenedPart, wordsOf: (page: number) => Uint32Array): Steps<void> {
  return layPagesOver(pages, header.pageCount, header.memoryBytes / statePageBytes, wordsOf);
}

/** Lays the differences of a chain of snapshots over one another, without their files. */
export function* layDifferencesOver(
  codec: Codec,
  parts: readonly SnapshotPart[],
  wordsOf: (page: number) => Uint32Array,
): Steps<void> {
  for (const part of parts) {
    const opened = yield* openPart(codec, part);
    yield* skip(opened.files);
    yield* layOver(opened, wordsOf);
  }
}

function* skip(source: ByteSource): Steps<void> {
  const bytes = new Uint8Array(Math.min(source.left, skippedAtOnceBytes));
  while (source.left > 0) {
    source.fill(bytes.subarray(0, source.left));
    yield;
  }
}

/** The files that a chain of snapshots leaves. */
export function* mergeFiles(parts: readonly OpenedPart[], limits: RecordLimits): Steps<FileRecords> {
  let records: FileRecords | undefined;
  for (const { files } of parts) {
    // Absent: they are as they were.
    if (files.left > 0) records = yield* readFileRecords(files, records, limits);
  }
  if (records === undefined) throw new DamagedError();
  return records;
}
