import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openPlace, withPlace } from "../files/file-place.js";
import { readWhole, removeDeadTemporaries, writeWhole } from "../files/whole-file.js";
import { sha256 } from "./runtime-id.js";

/** A stock build made ready: kept so that only its first run takes long. */
export interface PreparedStock {
  /** As `3.14.7`. */
  readonly version: string;
  readonly wasm: Uint8Array;
  /** The encoded image. */
  readonly image: Uint8Array;
  /** SHA-256 of the image, in hexadecimal. */
  readonly imageName: string;
  /** The same of the module. */
  readonly wasmName: string;
  /** SHA-256 of the library's files, in hexadecimal. */
  readonly libraryName: string;
}

interface Header {
  readonly version: string;
  readonly wasmBytes: number;
  readonly imageBytes: number;
  readonly wasmName: string;
  readonly imageName: string;
  readonly libraryName: string;
}

/** An image is smaller than the memory that it is of. */
const mostBytes = 2 ** 31;

/**
 * One entry of the cache, a single file: the length of its header in four bytes (little-endian), the header's SHA-256,
 * the header as JSON, which has those of the rest, the module, the image. It comes into being with a rename, so that nobody sees half of it, and of processes
 * that make it at once the last one's stays.
 */
export interface StockCache {
  /** Undefined if nothing is kept for this key, or what is kept is damaged. */
  read(): PreparedStock | undefined;
  /** Throws the system's error if it cannot be kept. */
  write(prepared: PreparedStock): void;
}

export function openStockCache(directory: string, key: string): StockCache {
  const path = join(directory, `python-${key}.runtime`);
  return {
    read() {
      try {
        const bytes = withPlace(openPlace(path), (place) => {
          removeDeadTemporaries(place);
          return readWhole(place, mostBytes);
        });
        return bytes && decode(bytes);
      } catch {
        return undefined;
      }
    },
    write(prepared) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      withPlace(openPlace(path), (place) => writeWhole(place, encode(prepared), { durable: false }));
    },
  };
}

const digestBytes = 32;
const headerStart = 4 + digestBytes;

function encode({ wasm, image, ...rest }: PreparedStock): Uint8Array {
  const fields: Header = { ...rest, wasmBytes: wasm.length, imageBytes: image.length };
  const header = Buffer.from(JSON.stringify(fields));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, Buffer.from(sha256(header), "hex"), header, wasm, image]);
}

function decode(file: Buffer): PreparedStock | undefined {
  const wasmStart = headerStart + file.readUInt32LE(0);
  const header = file.subarray(headerStart, wasmStart);
  if (sha256(header) !== file.toString("hex", 4, headerStart)) return undefined;
  const { wasmBytes, imageBytes, ...rest }: Header = JSON.parse(header.toString("utf8"));
  const imageStart = wasmStart + wasmBytes;
  if (file.length !== imageStart + imageBytes) return undefined;
  const wasm = file.subarray(wasmStart, imageStart);
  const image = file.subarray(imageStart);
  if (sha256(wasm) !== rest.wasmName || sha256(image) !== rest.imageName) return undefined;
  return { ...rest, wasm, image };
}
