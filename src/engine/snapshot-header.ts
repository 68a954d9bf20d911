/**
 * The head of a snapshot, version 2: a magic number, the length of the header, its SHA-256, and the header as JSON.
 * Behind it stands the body (see `snapshot.ts`), which the header names by its SHA-256.
 */
import { createHash } from "node:crypto";
import { isDoorsState } from "../abi/doors.js";
import { WasmReplError } from "../errors.js";
import type { DescriptorState, ProcessState } from "../guest/process-state.js";
import { maxPathBytes } from "../vfs/names.js";
import type { Language, Runtime } from "./runtime.js";
import { statePageBytes } from "./state-page.js";

const magic = "WREPLSN2";
const digestBytes = 32;
const headerStart = magic.length + 4 + digestBytes;
/** More than a header can need: some 130 bytes for each of the descriptors that a guest may have, and one path. */
const maxHeaderBytes = 256 * 1024;
const webAssemblyPageBytes = 65_536;
/** A name of 255 characters and all that is told of a file, far more than it takes. */
const maxEntryBytes = 1024;
/** What compression may add to bytes that do not compress, and to few of them. */
const greatestInflation = 1.125;
const leastBodyBytes = 1024;

/** What a session may have at most. */
export interface StateLimits {
  readonly memoryBytes: number;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

export interface SnapshotHeader {
  readonly language: Language;
  /** The image that the pages are laid over. */
  readonly image: string;
  /** Length of the memory. */
  readonly memoryBytes: number;
  readonly pageCount: number;
  readonly filesBytes: number;
  readonly process: ProcessState;
  /** SHA-256 of the body as it is stored, in hexadecimal. */
  readonly bodyDigest: string;
}

export function encodeHeader(header: SnapshotHeader): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([Buffer.from(magic), length, sha256(text), text]);
}

/**
 * Reads the head of a snapshot, which may come from anywhere, and tells whether a session with these limits can take
 * it: `INVALID_SNAPSHOT` with the reason if not. Gives the header and the place where the body begins. Takes no
 * longer than the header's 256 KiB, however large the rest.
 */
export function decodeHeader(
  bytes: Uint8Array,
  runtime: Runtime,
  limits: StateLimits,
): { readonly header: SnapshotHeader; readonly bodyStart: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const begin = buffer.toString("latin1", 0, magic.length);
  if (begin !== magic) {
    throw invalid(
      begin.slice(0, -1) === magic.slice(0, -1) ? anotherVersion : "it is no snapshot of a session",
    );
  }
  if (buffer.length < headerStart) throw invalid("it is cut short");
  const length = buffer.readUInt32LE(magic.length);
  const bodyStart = headerStart + length;
  if (length > maxHeaderBytes) throw invalid("it is damaged");
  if (bodyStart > buffer.length) throw invalid("it is cut short");
  const text = buffer.subarray(headerStart, bodyStart);
  if (!sha256(text).equals(buffer.subarray(headerStart - digestBytes, headerStart)))
    throw invalid("it is damaged");
  const header = checkHeader(parse(text));

  if (header.language !== runtime.language) throw invalid(`it is of a ${header.language} session`);
  if (header.image !== runtime.id) throw invalid(`${anotherVersion}, or of another interpreter`);
  if (header.memoryBytes > limits.memoryBytes) {
    throw invalid(`it needs ${header.memoryBytes} bytes of memory, and ${limits.memoryBytes} are allowed`);
  }
  // Names and link targets are charged as two bytes for each UTF-16 unit, which is what they are stored as.
  if (header.filesBytes > limits.maxFileBytes + (limits.maxFiles + 1) * maxEntryBytes) {
    throw invalid(`its files are larger than the ${limits.maxFileBytes} bytes that are allowed`);
  }
  const expandedBytes = header.filesBytes + header.pageCount * (4 + statePageBytes);
  if (bytes.length - bodyStart > expandedBytes * greatestInflation + leastBodyBytes)
    throw invalid("it is damaged");
  return { header, bodyStart };
}

const anotherVersion = "it was written by another version of wasm-repl";

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

function parse(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString("utf8"));
  } catch (cause) {
    throw invalid("it is damaged", cause);
  }
}

function checkHeader(value: unknown): SnapshotHeader {
  const { language, image, memoryBytes, pageCount, filesBytes, process, bodyDigest } = Object(value);
  const { workingDirectory, descriptors, doors } = Object(process);
  const sound =
    (language === "python" || language === "javascript") &&
    typeof image === "string" &&
    isCount(memoryBytes, 2 ** 32) &&
    memoryBytes % webAssemblyPageBytes === 0 &&
    isCount(pageCount, memoryBytes / statePageBytes) &&
    isCount(filesBytes, Number.MAX_SAFE_INTEGER) &&
    typeof workingDirectory === "string" &&
    workingDirectory.length <= maxPathBytes &&
    Array.isArray(descriptors) &&
    descriptors.length <= 1024 &&
    descriptors.every(isDescriptorState) &&
    descriptors.every(({ descriptor }, index) => descriptor > (descriptors[index - 1]?.descriptor ?? 0)) &&
    isDoorsState(doors) &&
    typeof bodyDigest === "string";
  if (!sound) throw invalid("it is damaged");
  const state = { workingDirectory, descriptors, doors };
  return { language, image, memoryBytes, pageCount, filesBytes, process: state, bodyDigest };
}

function isDescriptorState(value: unknown): value is DescriptorState {
  const { descriptor, description, inode, position, read, write, append } = Object(value);
  return (
    isCount(descriptor, 1022) &&
    descriptor >= 3 &&
    isCount(description, 1024) &&
    isCount(inode, Number.MAX_SAFE_INTEGER) &&
    isCount(position, Number.MAX_SAFE_INTEGER) &&
    [read, write, append].every((flag) => typeof flag === "boolean")
  );
}

function isCount(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

function invalid(reason: string, cause?: unknown): WasmReplError {
  return new WasmReplError("INVALID_SNAPSHOT", `the snapshot cannot be used: ${reason}`, { cause });
}
