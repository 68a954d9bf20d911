/**
 * The snapshot format, version 1: a magic number, the length of the header, the header as JSON, the SHA-256 of all
 * that follows it compressed, and the compressed body: page numbers, pages, and the files in memory.
 *
 * A page is stored as its difference (exclusive or) from the image's, since most pages differ in a few reference
 * counts only: that compresses to a tenth, in a third of the time.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { WasmReplError } from "../errors.js";
import type { DescriptorState, ProcessState } from "../guest/process-state.js";
import { type Language, openRuntimeImage, type Runtime, runtimesDirectory } from "../runtimes/bundled.js";
import { type GuestState, statePageBytes } from "../worker/guest-state.js";
import { imagePages } from "../worker/image-pages.js";
import type { GuestOptions } from "../worker/messages.js";

const magic = "WREPLSN1";
const digestBytes = 32;
/** Fast, since a session at rest waits for it; higher levels gain little. */
const compressionLevel = 1;
/** More than a header can need: a few hundred bytes for each of the descriptors that a guest may have. */
const maxHeaderBytes = 1024 * 1024;
const webAssemblyPageBytes = 65_536;

interface Header {
  readonly language: Language;
  /** The image that the pages are laid over. */
  readonly image: string;
  readonly memoryBytes: number;
  readonly pageCount: number;
  readonly filesBytes: number;
  readonly process: ProcessState;
}

/** Names an interpreter's image: two sessions fit together only if these agree. */
function imageName({ language, stock }: Runtime): string {
  if (stock !== undefined) return stock.imageName;
  const images = JSON.parse(readFileSync(join(runtimesDirectory(), "images.json"), "utf8"));
  return images[language];
}

export async function encodeSnapshot(state: GuestState, runtime: Runtime): Promise<Uint8Array> {
  const pages = new Map<number, Uint8Array>();
  for (const batch of state.batches) {
    for (const [index, page] of batch.pages.entries()) {
      pages.set(page, batch.bytes.subarray(index * statePageBytes, (index + 1) * statePageBytes));
    }
  }
  const header: Header = {
    language: runtime.language,
    image: imageName(runtime),
    memoryBytes: state.memoryBytes,
    pageCount: pages.size,
    filesBytes: state.files.length,
    process: state.process,
  };
  const numbers = Uint32Array.from(pages.keys());
  const differences = new Uint8Array(pages.size * statePageBytes);
  for (const [index, page] of [...pages.values()].entries()) differences.set(page, index * statePageBytes);
  exclusiveOrWithImage(numbers, differences, runtime);
  const body = Buffer.concat([Buffer.from(numbers.buffer), differences, state.files]);
  const compressed = await promisify(deflateRaw)(body, { level: compressionLevel });
  const headerBytes = Buffer.from(JSON.stringify(header));
  const lengthBytes = Buffer.alloc(4);
  lengthBytes.writeUInt32LE(headerBytes.length);
  const digest = createHash("sha256").update(headerBytes).update(compressed).digest();
  return Buffer.concat([Buffer.from(magic), lengthBytes, headerBytes, digest, compressed]);
}

/**
 * Reads a snapshot, which may come from anywhere: whatever is not exactly as it should be is `INVALID_SNAPSHOT`.
 * What it says of the guest's inside is not checked, since a guest may say that anyway.
 */
export async function decodeSnapshot(
  bytes: Uint8Array,
  runtime: Runtime,
  limits: Pick<GuestOptions, "memoryBytes" | "maxFileBytes">,
): Promise<GuestState> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (buffer.length < magic.length + 4 || buffer.toString("latin1", 0, magic.length) !== magic) {
    throw invalid(
      buffer.toString("latin1", 0, magic.length - 1) === magic.slice(0, -1)
        ? "it was written by another version of wasm-repl"
        : "it is no snapshot of a session",
    );
  }
  const headerStart = magic.length + 4;
  const headerLength = buffer.readUInt32LE(magic.length);
  const bodyStart = headerStart + headerLength + digestBytes;
  if (headerLength > maxHeaderBytes || bodyStart > buffer.length) throw invalid("it is cut short");
  const headerBytes = buffer.subarray(headerStart, headerStart + headerLength);
  const compressed = buffer.subarray(bodyStart);
  const digest = createHash("sha256").update(headerBytes).update(compressed).digest();
  if (!digest.equals(buffer.subarray(headerStart + headerLength, bodyStart))) throw invalid("it is damaged");

  const header = checkHeader(parse(headerBytes));
  if (header.language !== runtime.language) throw invalid(`it is of a ${header.language} session`);
  if (header.image !== imageName(runtime)) {
    throw invalid("it was written by another version of wasm-repl, or of another interpreter");
  }
  if (header.memoryBytes > limits.memoryBytes) {
    throw invalid(`it needs ${header.memoryBytes} bytes of memory, and ${limits.memoryBytes} are allowed`);
  }
  if (header.filesBytes > 2 * limits.maxFileBytes + maxHeaderBytes) throw invalid("its files are too large");
  const length = header.pageCount * (4 + statePageBytes) + header.filesBytes;
  const body = await inflate(compressed, length);
  return readBody(body, header, runtime);
}

function readBody(body: Buffer, { memoryBytes, pageCount, process }: Header, runtime: Runtime): GuestState {
  const pages = new Uint32Array(pageCount);
  for (let index = 0; index < pageCount; index++) {
    const page = body.readUInt32LE(index * 4);
    if ((page + 1) * statePageBytes > memoryBytes) throw invalid("a page lies outside its memory");
    pages[index] = page;
  }
  const pagesEnd = pageCount * (4 + statePageBytes);
  const shared = new Uint8Array(new SharedArrayBuffer(pageCount * statePageBytes));
  shared.set(body.subarray(pageCount * 4, pagesEnd));
  exclusiveOrWithImage(pages, shared, runtime);
  const files = Uint8Array.from(body.subarray(pagesEnd));
  return { memoryBytes, batches: [{ pages, bytes: shared, below: 0 }], files, process };
}

/** Turns pages into their differences from the image, and differences back into pages. */
function exclusiveOrWithImage(numbers: Uint32Array, bytes: Uint8Array, runtime: Runtime): void {
  const pageOf = imagePages(openRuntimeImage(runtime));
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const wordsPerPage = statePageBytes / 4;
  const imageWords = new Uint32Array(wordsPerPage);
  const imageBytes = new Uint8Array(imageWords.buffer);
  for (const [index, number] of numbers.entries()) {
    imageBytes.set(pageOf(number));
    const start = index * wordsPerPage;
    for (let word = 0; word < wordsPerPage; word++) {
      words[start + word] = (words[start + word] as number) ^ (imageWords[word] as number);
    }
  }
}

/** Exactly `length` bytes, or it is no body: what expands to more is not expanded further. */
async function inflate(compressed: Uint8Array, length: number): Promise<Buffer> {
  let body: Buffer;
  try {
    body = await promisify(inflateRaw)(compressed, { maxOutputLength: Math.max(length, 1) });
  } catch (cause) {
    throw invalid("it is damaged", cause);
  }
  if (body.length !== length) throw invalid("it is damaged");
  return body;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw invalid("it is damaged", cause);
  }
}

function checkHeader(value: unknown): Header {
  const { language, image, memoryBytes, pageCount, filesBytes, process } = Object(value);
  const { workingDirectory, descriptors } = Object(process);
  const sound =
    (language === "python" || language === "javascript") &&
    typeof image === "string" &&
    isCount(memoryBytes, 2 ** 32) &&
    memoryBytes % webAssemblyPageBytes === 0 &&
    isCount(pageCount, memoryBytes / statePageBytes) &&
    isCount(filesBytes, 2 ** 32) &&
    typeof workingDirectory === "string" &&
    Array.isArray(descriptors) &&
    descriptors.length <= 1024 &&
    descriptors.every(isDescriptorState);
  if (!sound) throw invalid("it is damaged");
  return { language, image, memoryBytes, pageCount, filesBytes, process: { workingDirectory, descriptors } };
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
