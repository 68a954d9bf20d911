/** The bytes end within a character. */
export const incomplete = 0;

/**
 * The length in bytes of the character of UTF-8 that begins at `at`, from 1 to 4. `incomplete` if what is there can be
 * the beginning of one. Negative: so many bytes are no character, and stand for one U+FFFD as decoders have it.
 */
export function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // The second byte is bounded so that there are no longer forms than needed, no surrogates, nothing over U+10FFFF.
  let least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  let most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let index = 1; index < length; index++) {
    if (at + index === bytes.length) return incomplete;
    const byte = bytes[at + index] as number;
    if (byte < least || byte > most) return -index;
    least = 0x80;
    most = 0xbf;
  }
  return length;
}
