import type { GuestMemory } from "../guest-memory.js";
import type { WasiContext } from "./host.js";

/** Arguments and environment (`wasi_snapshot_preview1.witx`: `args_*`, `environ_*`). */
export function argumentFunctions({ host, memory }: WasiContext) {
  const args = encodeStrings(host.args);
  const environ = encodeStrings(Object.entries(host.env).map(([name, value]) => `${name}=${value}`));
  return {
    /**
     * `args_get(argv, argv_buf)`: writes the arguments, zero-terminated, at `argv_buf`, and a pointer to each at
     * `argv`. `EFAULT`.
     */
    args_get(pointers: number, buffer: number): void {
      writeStrings(memory, args, pointers, buffer);
    },

    /** `args_sizes_get(count, buf_size)`: how many arguments, and how many bytes they need. `EFAULT`. */
    args_sizes_get(count: number, size: number): void {
      writeSizes(memory, args, count, size);
    },

    /** `environ_get(environ, environ_buf)`: as `args_get`, for `NAME=value` strings. `EFAULT`. */
    environ_get(pointers: number, buffer: number): void {
      writeStrings(memory, environ, pointers, buffer);
    },

    /** `environ_sizes_get(count, buf_size)`: as `args_sizes_get`. `EFAULT`. */
    environ_sizes_get(count: number, size: number): void {
      writeSizes(memory, environ, count, size);
    },
  };
}

interface EncodedStrings {
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
}

function encodeStrings(strings: readonly string[]): EncodedStrings {
  const encoder = new TextEncoder();
  const offsets: number[] = [];
  const parts: Uint8Array[] = [];
  let length = 0;
  for (const text of strings) {
    if (text.includes("\0")) throw new TypeError("an argument or environment variable holds a NUL character");
    const part = encoder.encode(`${text}\0`);
    offsets.push(length);
    parts.push(part);
    length += part.length;
  }
  const bytes = new Uint8Array(length);
  parts.forEach((part, index) => {
    bytes.set(part, offsets[index]);
  });
  return { bytes, offsets };
}

function writeStrings(memory: GuestMemory, strings: EncodedStrings, pointers: number, buffer: number): void {
  memory.check(pointers, strings.offsets.length * 4);
  memory.bytes(buffer, strings.bytes.length).set(strings.bytes);
  strings.offsets.forEach((offset, index) => {
    memory.setU32((pointers >>> 0) + index * 4, (buffer >>> 0) + offset);
  });
}

function writeSizes(memory: GuestMemory, strings: EncodedStrings, count: number, size: number): void {
  memory.check(size, 4);
  memory.setU32(count, strings.offsets.length);
  memory.setU32(size, strings.bytes.length);
}
