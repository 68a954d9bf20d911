import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { entryOfToken, hashOfToken, isFromOwn } from "../../../node/bearer-tokens.js";
import type { Mount } from "../../../vfs/mount-spec.js";
import { readOwnFile } from "../../json-file.js";
import { UsageError } from "../../usage-error.js";

/** In bytes. */
const generatedLength = 32;
const shortestToken = 16;
const mostTokens = 1000;

/** Those who may use the server: each token is a client's. */
export interface Tokens {
  /** A name for the client that has this header, which says nothing of its token; undefined if it is nobody's. */
  clientOf(authorization: string | undefined): string | undefined;
}

/** A new token, which is a client's only if it is told. */
export function generateToken(): string {
  return randomBytes(generatedLength).toString("base64url");
}

export function acceptTokens(tokens: readonly string[]): Tokens {
  const entries = tokens.map((token) => ({ sha256: hashOfToken(token) }));
  return {
    clientOf(authorization = "") {
      const [, given] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
      if (given === undefined) return undefined;
      return entryOfToken(entries, given)?.sha256.toString("hex").slice(0, 32);
    },
  };
}

/** The tokens in a file, one a line; `#` begins a comment. A `UsageError` if there is none, or what could be guessed. */
export function readTokens(path: string, mounts: readonly Mount[]): string[] {
  const lines = new TextDecoder().decode(readOwnFile(path, mounts)).split(/\r?\n/);
  const tokens = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  if (tokens.length === 0) throw new UsageError(`${path} has no tokens`);
  if (tokens.length > mostTokens) throw new UsageError(`${path} has more than ${mostTokens} tokens`);
  if (!tokens.every((token) => new RegExp(`^[A-Za-z0-9._~+/=-]{${shortestToken},}$`).test(token))) {
    throw new UsageError(
      `${path}: a token has ${shortestToken} characters at least, of A-Z a-z 0-9 . _ ~ + / = -`,
    );
  }
  return tokens;
}

/** Whether a request was made to this server by its own name, and by no page of another. */
export function isFromHere(headers: IncomingHttpHeaders, port: number): boolean {
  return isFromOwn(
    ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`),
    headers,
  );
}
