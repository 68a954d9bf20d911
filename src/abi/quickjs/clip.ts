const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longer than any note. */
const noteBytes = 64;

/**
 * UTF-8 as text of at most `maxBytes` bytes, which are 100 at least: what is too much is left out in the middle, where
 * a note says how much it was. Bytes that are no UTF-8 become U+FFFD.
 */
export function clipUtf8(bytes: Uint8Array, maxBytes: number): string {
  if (bytes.length <= maxBytes) return decoder.decode(bytes);
  const kept = maxBytes - noteBytes;
  const headEnd = characterStart(bytes, Math.ceil(kept / 2));
  const tailStart = characterEnd(bytes, bytes.length - Math.floor(kept / 2));
  const left = countCharacters(bytes.subarray(headEnd, tailStart));
  const [head, tail] = [bytes.subarray(0, headEnd), bytes.subarray(tailStart)];
  // The Python driver says it in the same way.
  const note = ` … [${left.toLocaleString("en-US")} characters left out] … `;
  return decoder.decode(head) + note + decoder.decode(tail);
}

/** Where the character begins that this byte belongs to. */
function characterStart(bytes: Uint8Array, index: number): number {
  let start = index;
  while (start > 0 && isContinuation(bytes[start])) start--;
  return start;
}

/** Where the next character begins, from this byte on. */
function characterEnd(bytes: Uint8Array, index: number): number {
  let end = index;
  while (end < bytes.length && isContinuation(bytes[end])) end++;
  return end;
}

function countCharacters(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) if (!isContinuation(byte)) count++;
  return count;
}

function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}
