const newline = 0x0a;

/**
 * The lines of a stream of bytes without their ends, as bytes. The last one may lack its newline.
 *
 * @param maxBytes A longer line is not held, and undefined is given in its place.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array | undefined> {
  const line = createLine(maxBytes);
  for await (const chunk of stream) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      line.add(chunk.subarray(start, end));
      yield line.take();
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  if (line.hasBegun()) yield line.take();
}

/** Gathers what may come in very many small pieces: they are copied together, since each would cost more than it holds. */
function createLine(maxBytes: number) {
  let held = new Uint8Array(0);
  let length = 0;
  return {
    hasBegun: () => length > 0,
    add(piece: Uint8Array): void {
      const end = length + piece.length;
      if (end > maxBytes) {
        held = new Uint8Array(0);
      } else {
        if (end > held.length) {
          const larger = new Uint8Array(Math.min(Math.max(end, held.length * 2), maxBytes));
          larger.set(held.subarray(0, length));
          held = larger;
        }
        held.set(piece, length);
      }
      length = end;
    },
    take(): Uint8Array | undefined {
      const line = length > maxBytes ? undefined : held.subarray(0, length);
      held = new Uint8Array(0);
      length = 0;
      return line;
    },
  };
}
