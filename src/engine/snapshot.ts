/**
 * The body of a snapshot, in compressed pieces: the files in memory, page numbers in ascending order, and the pages.
 * Behind its header (`snapshot-header.ts`) it is the snapshot.
 *
 * A page is stored as its difference (exclusive or) from the image's, since most pages differ in a few reference
 * counts only: that compresses to a tenth, in a third of the time. Only pages that differ at all are stored. A new
 * guest's memory holds the image already, so that the difference is all that is needed to make a page of it.
 */
import { createHash } from "node:crypto";
import { type Image, pageBytes } from "../guest/image.js";
import type { ProcessState } from "../guest/process-state.js";
import type { ByteSource } from "../vfs/byte-source.js";
import { writeMemoryVolume } from "../vfs/memory-snapshot.js";
import type { MemoryVolume } from "../vfs/memory-volume.js";
import type { Snapshot } from "./guest-state.js";
import { imagePages } from "./image-pages.js";
import { partOf, readPieces, writePieces } from "./pieces.js";
import type { Runtime } from "./runtime.js";
import { encodeHeader, sha256 } from "./snapshot-header.js";
import { statePageBytes } from "./state-page.js";

const wordsPerPage = statePageBytes / 4;

export interface SnapshotParts {
  readonly runtime: Runtime;
  readonly image: Image;
  readonly memory: WebAssembly.Memory;
  readonly volume: MemoryVolume;
  readonly process: ProcessState;
}

/** The guest, which must be at rest, as bytes. They are an array of their own. */
export function encodeSnapshot({
  runtime,
  image,
  memory,
  volume,
  process,
}: SnapshotParts): Uint8Array<ArrayBuffer> {
  const pieces = writePieces();
  let filesBytes = 0;
  writeMemoryVolume(volume, (bytes) => {
    filesBytes += bytes.length;
    pieces.write(bytes);
  });
  const imagePage = imagePages(image);
  const now = Buffer.from(memory.buffer);
  const numbers: number[] = [];
  for (let page = 0; page * statePageBytes < now.length; page++) {
    const start = page * statePageBytes;
    if (now.compare(imagePage(page), 0, statePageBytes, start, start + statePageBytes) !== 0)
      numbers.push(page);
  }
  const difference = new Uint32Array(wordsPerPage);
  const before = new Uint32Array(wordsPerPage);
  const list = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) list.writeUInt32LE(number, 4 * index);
  pieces.write(list);
  for (const number of numbers) {
    bytesOf(difference).set(now.subarray(number * statePageBytes, (number + 1) * statePageBytes));
    bytesOf(before).set(imagePage(number));
    exclusiveOr(difference, before);
    pieces.write(bytesOf(difference));
  }
  const body = pieces.finish();
  const digest = createHash("sha256");
  for (const piece of body) digest.update(piece);
  const header = encodeHeader({
    language: runtime.language,
    image: runtime.id,
    memoryBytes: now.length,
    pageCount: numbers.length,
    filesBytes,
    process,
    bodyDigest: digest.digest("hex"),
  });
  return concatenate([header, ...body]);
}

/** The body of a snapshot whose header has been accepted. Both parts are to be read once, in this order. */
export interface SnapshotBody {
  readonly files: ByteSource;
  /** Lays the pages over a memory that holds the image. Fails, half way perhaps, if they are not as they should be. */
  layOver(memory: WebAssembly.Memory): void;
}

/** Fails if the body is not the one that its header names. */
export function openSnapshot({ header, body }: Snapshot): SnapshotBody {
  const { memoryBytes, pageCount, filesBytes, bodyDigest } = header;
  if (sha256(body).toString("hex") !== bodyDigest) throw new Error("it is damaged");
  const source = readPieces(body, filesBytes + pageCount * (4 + statePageBytes));
  return {
    files: partOf(source, filesBytes),
    layOver(memory) {
      const numbers = readNumbers(source, pageCount, memoryBytes / statePageBytes);
      const missing = (memoryBytes - memory.buffer.byteLength) / pageBytes;
      if (missing > 0) memory.grow(missing);
      const difference = new Uint32Array(wordsPerPage);
      for (const number of numbers) {
        source.fill(bytesOf(difference));
        exclusiveOr(new Uint32Array(memory.buffer, number * statePageBytes, wordsPerPage), difference);
      }
    },
  };
}

function readNumbers(source: ByteSource, count: number, end: number): Uint32Array {
  const list = Buffer.alloc(4 * count);
  source.fill(list);
  const numbers = new Uint32Array(count);
  let least = 0;
  for (let index = 0; index < count; index++) {
    const number = list.readUInt32LE(4 * index);
    if (number < least || number >= end)
      throw new Error("its pages are not in order, or lie outside its memory");
    numbers[index] = number;
    least = number + 1;
  }
  return numbers;
}

function exclusiveOr(words: Uint32Array, others: Uint32Array): void {
  for (let word = 0; word < wordsPerPage; word++) {
    words[word] = (words[word] as number) ^ (others[word] as number);
  }
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
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
