import type { IncomingMessage } from "node:http";
import { checkJsonBounds, type JsonBounds } from "../../bounded-json.js";
import { Failure } from "../failure.js";

/** What all bodies that are being read, and those that wait for their answer, may take together. */
const mostBytesOfAll = 256 * 1024 * 1024;
const jsonBounds: Omit<JsonBounds, "bytes"> = { depth: 200, members: 100_000 };

/** Reads the bodies of requests, within bounds. */
export interface Bodies {
  /** `TOO_LARGE`, or `BUSY` if there is no room for it now. What it takes counts until `free`. */
  read(request: IncomingMessage, mostBytes: number): Promise<Body>;
}

export interface Body {
  readonly bytes: Uint8Array;
  free(): void;
}

export function createBodies(): Bodies {
  let taken = 0;
  return {
    async read(request, mostBytes) {
      const { "content-length": announced } = request.headers;
      if (announced !== undefined && Number(announced) > mostBytes) throw tooLarge(mostBytes);
      const pieces: Uint8Array[] = [];
      let length = 0;
      const free = () => {
        taken -= length;
        length = 0;
      };
      try {
        for await (const piece of request) {
          length += piece.length;
          taken += piece.length;
          if (length > mostBytes) throw tooLarge(mostBytes);
          if (taken > mostBytesOfAll) throw new Failure("BUSY", "too many large requests at a time");
          pieces.push(piece);
        }
      } catch (error) {
        free();
        throw error;
      }
      return { bytes: pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces), free };
    },
  };
}

/** JSON of a stranger's; `INVALID_REQUEST` for what is none, or is deeper or fuller than any that is meant well. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    checkJsonBounds(bytes, { bytes: bytes.length, ...jsonBounds });
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const isTooMuch = error instanceof RangeError;
    throw new Failure("INVALID_REQUEST", isTooMuch ? error.message : "the body is no JSON in UTF-8");
  }
}

function tooLarge(mostBytes: number): Failure {
  return new Failure("TOO_LARGE", `the body has ${mostBytes} bytes at most`);
}
