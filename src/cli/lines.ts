const newline = 0x0a;

/** The lines of a stream of bytes without their ends, as bytes. The last one may lack its newline. */
export async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A long line comes in many chunks; they are joined once, when its end is seen.
  let parts: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      parts.push(chunk.subarray(start, end));
      yield Buffer.concat(parts);
      parts = [];
      start = end + 1;
    }
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}
