import { readFileSync, unwatchFile, watchFile } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { entryOfToken, isFromOwn } from "../../node/bearer-tokens.js";
import { Failure } from "../failure.js";
import { parseTokens, type Token, TokenFileError, type TokenLimits, type Verb, verbs } from "./token-file.js";

/** Who asks. */
export interface Principal {
  readonly name: string;
  readonly prefix: string;
  readonly verbs: ReadonlySet<Verb>;
  readonly limits: TokenLimits;
}

/** Tells who may use the service. */
export interface Gate {
  /** `UNAUTHENTICATED`, or `FORBIDDEN` for what a page of another site has led a browser to ask. */
  principalOf(headers: IncomingHttpHeaders): Principal;
  close(): void;
}

/** How often the file is looked at, in milliseconds. */
const watchMs = 1000;

/**
 * Those who have one of the tokens in a file, which is read again when it changes.
 *
 * @param log Is told when it cannot be read any more: the tokens stay as they were. A `TokenFileError` if it cannot be
 *   read now.
 */
export function gateOfFile(path: string, log: (line: string) => void): Gate {
  let tokens = read(path);
  const onChange = () => {
    try {
      tokens = read(path);
      log(`the tokens were read again: there are ${tokens.length}`);
    } catch (error) {
      log(`${(error as Error).message}; the tokens from before hold on`);
    }
  };
  watchFile(path, { interval: watchMs, persistent: false }, onChange);
  return {
    principalOf({ authorization = "" }) {
      const [, given] = /^Bearer +([\x21-\x7e]{1,1000}) *$/i.exec(authorization) ?? [];
      if (given === undefined) throw unauthenticated();
      const found = entryOfToken(tokens, given);
      if (found === undefined) throw unauthenticated();
      return found;
    },
    close: () => unwatchFile(path, onChange),
  };
}

function read(path: string): Token[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new TokenFileError(`cannot read the tokens in ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return parseTokens(text);
  } catch (error) {
    throw error instanceof TokenFileError ? new TokenFileError(`${path}: ${error.message}`) : error;
  }
}

function unauthenticated(): Failure {
  return new Failure("UNAUTHENTICATED", "a token is needed: Authorization: Bearer TOKEN");
}

/**
 * Everybody, on an address that only this machine reaches. A browser here can be led to ask by any page, so what was not
 * asked by the name of this service is refused.
 */
export function openGate(hosts: () => readonly string[]): Gate {
  const everybody: Principal = { name: "local", prefix: "", verbs: new Set(verbs), limits: {} };
  return {
    principalOf(headers) {
      if (!isFromOwn(hosts(), headers)) {
        throw new Failure("FORBIDDEN", "the Host or Origin of the request is not this service's");
      }
      return everybody;
    },
    close() {},
  };
}
