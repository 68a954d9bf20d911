import type { IncomingMessage } from "node:http";
import { checkJsonBounds, type JsonBounds } from "../../bounded-json.js";
import { Failure } from "../failure.js";
import type { Budget } from "./budget.js";
import { ClientGone } from "./send.js";

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

export function createBodies(budget: Budget): Bodies {
  return {
    async read(request, mostBytes) {
      const { "content-length": announced } = request.headers;
      if (announced !== undefined && Number(announced) > mostBytes) throw tooLarge(mostBytes);
      const pieces: Uint8Array[] = [];
      const taken: Array<() => void> = [];
      let length = 0;
      const free = () => {
        for (const giveBack of taken.splice(0)) giveBack();
      };
      try {
        for await (const piece of request) {
          length += piece.length;
          if (length > mostBytes) throw tooLarge(mostBytes);
          taken.push(budget.take(piece.length));
          pieces.push(piece);
        }
      } catch (error) {
        free();
        throw error instanceof Failure ? error : new ClientGone();
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
