import { readSync } from "node:fs";

/**
 * Fills a buffer from an open file; one call of the system may give less than was asked for.
 *
 * @param offset Where in the file to begin. Default: the file's own position, which moves.
 */
export function readFully(file: number, target: Uint8Array, offset?: number): void {
  for (let done = 0; done < target.length; ) {
    const position = offset === undefined ? null : offset + done;
    const read = readSync(file, target, done, target.length - done, position);
    if (read === 0) throw new Error("the file is shorter than it should be");
    done += read;
  }
}
