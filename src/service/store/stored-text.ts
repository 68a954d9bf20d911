/**
 * Texts of clients and guests as bytes, since no column for text gives all of them back: PostgreSQL's has no NUL, and
 * UTF-8 has no half of a surrogate pair, both of which JSON allows. UTF-8 wherever that holds it; else UTF-16 behind a
 * byte that UTF-8 never has.
 */
export function textToBytes(text: string): Uint8Array {
  if (!/\p{Surrogate}/u.test(text)) return Buffer.from(text, "utf8");
  return Buffer.concat([Buffer.of(utf16Mark), Buffer.from(text, "utf16le")]);
}

export function bytesToText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer[0] === utf16Mark ? buffer.toString("utf16le", 1) : buffer.toString("utf8");
}

const utf16Mark = 0xff;
