const encoder = new TextEncoder();

/**
 * UTF-8, except that a lone surrogate becomes the three bytes that QuickJS reads back as that surrogate, where a
 * `TextEncoder` would lose it.
 */
export function encodeWtf8(text: string): Uint8Array {
  // TypeScript's ES2023 library does not know the method yet; Node 20 has it.
  if ((text as string & { isWellFormed(): boolean }).isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0xd800 || code > 0xdfff) {
      length += encoder.encodeInto(character, bytes.subarray(length)).written;
    } else {
      bytes[length++] = 0xe0 | (code >> 12);
      bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[length++] = 0x80 | (code & 0x3f);
    }
  }
  return bytes.subarray(0, length);
}
