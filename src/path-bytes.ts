/**
 * Paths as guests and hosts have them, which is any bytes, and as the code has them, which is text. A byte that is no
 * part of UTF-8 is a lone surrogate in it, from U+DC80 on, as Python has it (PEP 383): so every path has one text, and
 * that text leads back to the path. Such a byte is 0x80 or more, so it is never a separator, a dot or a NUL.
 */

const firstEscape = 0xdc00;
const encoder = new TextEncoder();
// A byte order mark is part of a name, so it is kept.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a text stands for UTF-8: there is no lone surrogate in it. */
export function isUtf8(text: string): boolean {
  // TypeScript's ES2023 library does not know the method yet; Node 20 has it.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

export function decodePath(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return decodeWithEscapes(bytes);
  }
}

/** A lone surrogate that stands for no byte becomes U+FFFD, as everywhere. */
export function encodePath(text: string): Uint8Array {
  if (isUtf8(text)) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const character of text) {
    const byte = character.charCodeAt(0) - firstEscape;
    if (character.length === 1 && byte >= 0x80 && byte <= 0xff) bytes[length++] = byte;
    else length += encoder.encodeInto(character, bytes.subarray(length)).written;
  }
  return bytes.subarray(0, length);
}

/** Whether a text is the one that its bytes have: escapes that together are UTF-8 would be a second one. */
export function isPathText(text: string): boolean {
  return isUtf8(text) || decodePath(encodePath(text)) === text;
}

function decodeWithEscapes(bytes: Uint8Array): string {
  let text = "";
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text +=
      decoder.decode(bytes.subarray(start, at)) + String.fromCharCode(firstEscape + (bytes[at] as number));
    start = ++at;
  }
  return text + decoder.decode(bytes.subarray(start));
}

/** The least and the most that a second byte may be, where that is less than from 0x80 to 0xbf. */
const secondBytes: Readonly<Record<number, readonly [number, number]>> = {
  // Shorter sequences say the same.
  224: [0xa0, 0xbf],
  240: [0x90, 0xbf],
  // Surrogates.
  237: [0x80, 0x9f],
  // Beyond U+10FFFF.
  244: [0x80, 0x8f],
};

/** The length of the sequence of UTF-8 that begins there; 0 if none does. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const [least, most] = secondBytes[lead] ?? [0x80, 0xbf];
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    if (byte < (index === 1 ? least : 0x80) || byte > (index === 1 ? most : 0xbf)) return 0;
  }
  return length;
}
