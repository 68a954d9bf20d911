/**
 * The head of a snapshot: a magic number with the version of the format, the length of the header, its SHA-256, and the
 * header as JSON. Behind it stands the body (see `snapshot-write.ts`), which the header names by its SHA-256.
 */
import { isDoorsState } from "../abi/doors.js";
import { WasmReplError } from "../errors.js";
import type { Suspension } from "../guest/host-line.js";
import { isLinkedState } from "../guest/native-code.js";
import type { DescriptorState, ProcessState } from "../guest/process-state.js";
import { maxPathBytes } from "../vfs/names.js";
import { type Codec, sha256Of } from "./codec.js";
import { maxPageRecordBytes, minPageRecordBytes } from "./snapshot-pages.js";
import { otherFormat, type StateIdentity, stateFormat } from "./state-identity.js";
import { statePageBytes } from "./state-page.js";

const magicStart = "WREPLSN";
const magicBytes = magicStart.length + 1;
const digestBytes = 32;
const headerStart = magicBytes + 4 + digestBytes;
/** More than a header can need: some 130 bytes for each of the descriptors that a guest may have, and one path. */
const maxHeaderBytes = 256 * 1024;
/** More than a session holds of calls that wait. */
const mostSuspendedBytes = 2 ** 32;
const webAssemblyPageBytes = 65_536;
/** A name of 255 characters and all that is told of a file, far more than it takes. */
const maxEntryBytes = 1024;
/** What compression may add to bytes that do not compress, and to few of them. */
const greatestInflation = 1.125;
const leastBodyBytes = 1024;

/** What of a session's limits decides whether it can take a state. */
export interface StateLimits {
  readonly memoryBytes: number;
  readonly maxFileBytes: number;
  readonly maxFiles: number;
}

export interface SnapshotHeader extends Omit<StateIdentity, "format"> {
  /** The id of the snapshot that this one is the difference from. Absent: from the interpreter's image. */
  readonly parent?: string;
  /** Of one that was made out of several: the id of the last of them, whose place it takes. */
  readonly replaces?: string;
  /** Length of the memory. */
  readonly memoryBytes: number;
  readonly pageCount: number;
  /** How many bytes the pages take before they are compressed; and the files, 0 if they are the parent's. */
  readonly pagesBytes: number;
  readonly filesBytes: number;
  readonly process: ProcessState;
  /** SHA-256 of the body as it is stored, in hexadecimal. */
  readonly bodyDigest: string;
}

export interface ReadHeader {
  readonly header: SnapshotHeader;
  /** Names the snapshot in those that hold what changed since. The SHA-256 of its header, unless it replaces another. */
  readonly id: string;
  /** Where the body begins. */
  readonly bodyStart: number;
}

export function encodeHeader(
  codec: Codec,
  header: SnapshotHeader,
): { readonly bytes: Uint8Array; readonly id: string } {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const digest = sha256Of(codec, text);
  const bytes = new Uint8Array(headerStart + text.length);
  bytes.set(new TextEncoder().encode(`${magicStart}${stateFormat}`));
  new DataView(bytes.buffer).setUint32(magicBytes, text.length, true);
  for (let index = 0; index < digestBytes; index++) {
    bytes[magicBytes + 4 + index] = Number.parseInt(digest.slice(2 * index, 2 * index + 2), 16);
  }
  bytes.set(text, headerStart);
  return { bytes, id: header.replaces ?? digest };
}

/**
 * Reads the head of a snapshot, which may come from anywhere. `INVALID_SNAPSHOT` if it is none, `RUNTIME_MISMATCH` if
 * it has another format, `SNAPSHOT_DAMAGED` if it is not as it should be. Takes no longer than the header's 256 KiB,
 * however large the rest.
 */
export function readHeader(codec: Codec, bytes: unknown): ReadHeader {
  if (!(bytes instanceof Uint8Array)) throw invalid("it is no Uint8Array");
  const magic = latin1(bytes.subarray(0, magicBytes));
  if (magic.length < magicBytes || magic.slice(0, -1) !== magicStart) {
    throw invalid("it is no snapshot of a session");
  }
  if (magic.slice(-1) !== String(stateFormat)) throw otherFormat(inPrint(magic.slice(-1)));
  if (bytes.length < headerStart) throw damaged("it is cut short");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magicBytes, true);
  const bodyStart = headerStart + length;
  if (length > maxHeaderBytes) throw damaged();
  if (bodyStart > bytes.length) throw damaged("it is cut short");
  const text = bytes.subarray(headerStart, bodyStart);
  const digest = sha256Of(codec, text);
  if (digest !== hexadecimal(bytes.subarray(headerStart - digestBytes, headerStart))) throw damaged();
  const header = checkHeader(parse(text));
  const expandedBytes = header.filesBytes + header.pagesBytes;
  const bodyBytes = bytes.length - bodyStart;
  if (bodyBytes > expandedBytes * greatestInflation + leastBodyBytes) throw damaged();
  return { header, id: header.replaces ?? digest, bodyStart };
}

/** `INVALID_SNAPSHOT`, with the reason, if a session with these limits cannot take what the header announces. */
export function checkLimits(
  { memoryBytes, filesBytes }: Pick<SnapshotHeader, "memoryBytes" | "filesBytes">,
  limits: StateLimits,
): void {
  if (memoryBytes > limits.memoryBytes) {
    throw invalid(`it needs ${memoryBytes} bytes of memory, and ${limits.memoryBytes} are allowed`);
  }
  if (filesBytes > mostFilesBytes(limits)) {
    throw invalid(`its files are larger than the ${limits.maxFileBytes} bytes that are allowed`);
  }
}

/**
 * The most that files within the limits take in a snapshot. Names and link targets are charged as two bytes for each
 * UTF-16 unit, which is what they are stored as.
 */
export function mostFilesBytes({ maxFileBytes, maxFiles }: Omit<StateLimits, "memoryBytes">): number {
  return maxFileBytes + (maxFiles + 1) * maxEntryBytes;
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text));
  } catch (cause) {
    throw damaged(undefined, cause);
  }
}

function checkHeader(value: unknown): SnapshotHeader {
  const fields = Object(value);
  const { language, runtimeId, packageVersion, parent, replaces, memoryBytes, pageCount } = fields;
  const { pagesBytes, filesBytes, process, bodyDigest } = fields;
  const { workingDirectory, descriptors, doors, suspension, linked } = Object(process);
  const sound =
    (language === "python" || language === "javascript") &&
    isDigest(runtimeId) &&
    typeof packageVersion === "string" &&
    /^[0-9A-Za-z.+-]{1,64}$/.test(packageVersion) &&
    (parent === undefined || isDigest(parent)) &&
    (replaces === undefined || isDigest(replaces)) &&
    isCount(memoryBytes, 2 ** 32) &&
    memoryBytes % webAssemblyPageBytes === 0 &&
    isCount(pageCount, memoryBytes / statePageBytes) &&
    isCount(pagesBytes, pageCount * maxPageRecordBytes) &&
    pagesBytes >= pageCount * minPageRecordBytes &&
    isCount(filesBytes, Number.MAX_SAFE_INTEGER) &&
    (filesBytes > 0 || parent !== undefined) &&
    typeof workingDirectory === "string" &&
    workingDirectory.length <= maxPathBytes &&
    Array.isArray(descriptors) &&
    descriptors.length <= 1024 &&
    descriptors.every(isDescriptorState) &&
    descriptors.every(({ descriptor }, index) => descriptor > (descriptors[index - 1]?.descriptor ?? 0)) &&
    isDoorsState(doors) &&
    (linked === undefined || isLinkedState(linked)) &&
    (suspension === undefined || isSuspension(suspension)) &&
    isDigest(bodyDigest);
  if (!sound) throw damaged();
  return {
    language,
    runtimeId,
    packageVersion,
    ...(parent === undefined ? {} : { parent }),
    ...(replaces === undefined ? {} : { replaces }),
    memoryBytes,
    pageCount,
    pagesBytes,
    filesBytes,
    process: {
      workingDirectory,
      descriptors,
      doors,
      ...(suspension === undefined ? {} : { suspension }),
      ...(linked === undefined ? {} : { linked }),
    },
    bodyDigest,
  };
}

function isSuspension(value: unknown): value is Suspension {
  const { ofRun, calls, bytes } = Object(value);
  return (
    typeof ofRun === "boolean" &&
    isCount(bytes, mostSuspendedBytes) &&
    Array.isArray(calls) &&
    calls.every((id, index) => Number.isSafeInteger(id) && (index === 0 || id > calls[index - 1]))
  );
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

function isDigest(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** The character, unless it is none that should be shown. */
function inPrint(character: string): string {
  return /^[!-~]$/.test(character) ? character : "unknown";
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function invalid(reason: string, cause?: unknown): WasmReplError {
  return new WasmReplError("INVALID_SNAPSHOT", `the snapshot cannot be used: ${reason}`, { cause });
}

export function damaged(reason = "it is damaged", cause?: unknown): WasmReplError {
  return new WasmReplError("SNAPSHOT_DAMAGED", `the snapshot cannot be used: ${reason}`, { cause });
}
