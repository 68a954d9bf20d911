import { ErrnoError, errnoNumbers } from "../../errno.js";
import type { GuestMemory } from "../guest-memory.js";

/** The most of a text or of bytes that is shown. */
export const longestShown = 80;
/** The most buffers of a scattered write that are looked at. */
const mostBuffers = 16;

const escapes: Readonly<Record<number, string>> = {
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** Bytes as a text of printable ASCII in quotes, which steers no terminal; `...` behind it if there are more. */
export function shownBytes(bytes: Uint8Array, length = bytes.length): string {
  let text = "";
  for (const byte of bytes.subarray(0, longestShown)) {
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    text +=
      escapes[byte] ?? (isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return `"${text}"${length > longestShown ? "..." : ""}`;
}

export function shownPointer(pointer: number): string {
  return pointer === 0 ? "NULL" : `0x${(pointer >>> 0).toString(16)}`;
}

/** What a guest passes by pointer may lie anywhere: where it is no memory, the pointer itself is shown. */
export function readable(pointer: number, read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (error instanceof ErrnoError) return shownPointer(pointer);
    throw error;
  }
}

/** Text of a length that the guest gives. */
export function shownText(memory: GuestMemory, pointer: number, length: number): string {
  return readable(pointer, () => {
    memory.check(pointer, length);
    return shownBytes(memory.bytes(pointer, Math.min(length >>> 0, longestShown)), length >>> 0);
  });
}

/** Text up to its zero byte. */
export function shownString(memory: GuestMemory, pointer: number): string {
  return readable(pointer, () => {
    const start = memory.check(pointer, 1);
    const window = memory.bytes(start, Math.min(longestShown + 1, memory.byteLength - start));
    const end = window.indexOf(0);
    return end < 0 ? shownBytes(window, Number.POSITIVE_INFINITY) : shownBytes(window.subarray(0, end));
  });
}

/** The beginning of what scattered buffers hold. @param length How much of them counts. */
export function shownBuffers(memory: GuestMemory, list: number, count: number, length: number): string {
  return readable(list, () => {
    const gathered: number[] = [];
    let left = length;
    for (let index = 0; index < Math.min(count >>> 0, mostBuffers) && left > 0; index++) {
      const [pointer, size] = [memory.u32(list + 8 * index), memory.u32(list + 8 * index + 4)];
      const part = memory.bytes(pointer, Math.min(size, left, longestShown + 1 - gathered.length));
      gathered.push(...part);
      left -= size;
      if (gathered.length > longestShown) break;
    }
    return shownBytes(Uint8Array.from(gathered));
  });
}

const errnoNames = new Map(Object.entries(errnoNumbers).map(([name, number]) => [number as number, name]));
/** Emscripten's C library has another number for this one. */
errnoNames.set(138, "ENOTSUP");

/** An error number, or the negative of one, with its name. */
export function shownErrno(number: number): string {
  return `${number} ${errnoNames.get(Math.abs(number)) ?? "?"}`;
}
