/**
 * A session, or its cells alone, in the fragment of an address, which no server is sent. In it: a version, and
 * base64url of a deflated pack of the length of a head, the head as JSON, and the snapshot. A stranger made it: all is
 * checked and bounded, and nothing of it runs until somebody has looked at it and asked for that.
 */
import type { Language } from "wasm-repl/browser";
import { fromBase64Url, toBase64Url } from "./base64.js";

export interface Shared {
  readonly language: Language;
  readonly cells: readonly string[];
  /** Absent: the cells alone. */
  readonly snapshot?: Uint8Array<ArrayBuffer>;
}

/** In characters. Chromium takes no longer addresses than two million; others take less. */
export const longestLink = 1_500_000;
/** Before they are compressed. */
const mostBytes = 16 * 1024 * 1024;
const mostCells = 1000;

const start = "#share=1.";

export function isLink(fragment: string): boolean {
  return fragment.startsWith("#share=");
}

/** The fragment of an address; undefined if it would be too long for one. */
export async function linkOf(shared: Shared): Promise<string | undefined> {
  const { language, cells, snapshot = new Uint8Array(0) } = shared;
  const head = new TextEncoder().encode(JSON.stringify({ language, cells }));
  const pack = new Uint8Array(4 + head.length + snapshot.length);
  if (pack.length > mostBytes) return undefined;
  new DataView(pack.buffer).setUint32(0, head.length);
  pack.set(head, 4);
  pack.set(snapshot, 4 + head.length);
  const fragment =
    start + toBase64Url(await throughStream(pack, new CompressionStream("deflate-raw"), mostBytes));
  return fragment.length > longestLink ? undefined : fragment;
}

/** Throws an error of one line, for a person, if it is damaged or not ours. */
export async function readLink(fragment: string): Promise<Shared> {
  if (fragment.length > longestLink) {
    throw new Error(
      `The link is too long: ${fragment.length.toLocaleString("en")} characters, and the most is ${longestLink.toLocaleString("en")}.`,
    );
  }
  if (!fragment.startsWith(start)) throw new Error("The link is of another version of this page.");
  let pack: Uint8Array<ArrayBuffer>;
  try {
    const bytes = fromBase64Url(fragment.slice(start.length));
    pack = await throughStream(bytes, new DecompressionStream("deflate-raw"), mostBytes);
  } catch (cause) {
    throw damaged(cause);
  }
  return unpack(pack);
}

function unpack(pack: Uint8Array<ArrayBuffer>): Shared {
  try {
    const headLength = new DataView(pack.buffer).getUint32(0);
    if (headLength > pack.length - 4) throw new Error("its head is cut off");
    const head: unknown = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(pack.subarray(4, 4 + headLength)),
    );
    const { language, cells } = head as { language?: unknown; cells?: unknown };
    if (language !== "python" && language !== "javascript") throw new Error("its language is unknown");
    if (!Array.isArray(cells) || cells.length > mostCells) throw new Error("its cells are no list");
    if (!cells.every((cell) => typeof cell === "string")) throw new Error("a cell is no text");
    const snapshot = pack.slice(4 + headLength);
    return { language, cells, ...(snapshot.length === 0 ? {} : { snapshot }) };
  } catch (cause) {
    throw damaged(cause);
  }
}

function damaged(cause: unknown): Error {
  return new Error("The link is damaged: perhaps it was cut off where it was copied.", { cause });
}

/** What a stream makes of bytes; refused if that is more than so many. */
async function throughStream(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error("it holds too much");
    }
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
