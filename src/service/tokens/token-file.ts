import { randomBytes } from "node:crypto";
import { hashOfToken } from "../../node/bearer-tokens.js";
import { isName } from "../spec/names.js";

/** What a token may be allowed to do. */
export const verbs = ["create", "delete", "read", "run", "answer", "files", "snapshot", "metrics"] as const;

export type Verb = (typeof verbs)[number];

/** All but those that tell of more than one tenant. */
export const usualVerbs: readonly Verb[] = verbs.filter((verb) => verb !== "metrics");

/** What the sessions below a prefix may take. Undefined: no limit. */
export interface TokenLimits {
  readonly sessions?: number;
  /** With an interpreter, in one worker. */
  readonly liveSessions?: number;
  /** Processor time of cells in a month (UTC). */
  readonly cpuSeconds?: number;
  /** Of states in the store. */
  readonly bytes?: number;
  /** Of this token, in one worker. */
  readonly requestsPerMinute?: number;
}

export interface Token {
  readonly name: string;
  readonly sha256: Buffer;
  /** All keys begin with it. */
  readonly prefix: string;
  readonly verbs: ReadonlySet<Verb>;
  readonly limits: TokenLimits;
}

const limitNames = {
  sessions: "sessions",
  live_sessions: "liveSessions",
  cpu_seconds: "cpuSeconds",
  bytes: "bytes",
  requests_per_minute: "requestsPerMinute",
} as const satisfies Record<string, keyof TokenLimits>;

const mostTokens = 10_000;
/** In bytes. */
const secretBytes = 32;

export class TokenFileError extends Error {
  override readonly name = "TokenFileError";
}

/**
 * Reads a file of tokens: a JSON list of them, or one object a line. An empty line, and one that begins with `#`, says
 * nothing. A `TokenFileError` of one line for anything that is not as it should be.
 */
export function parseTokens(text: string): Token[] {
  const given = text.trimStart().startsWith("[") ? listIn(text) : linesIn(text);
  if (given.length === 0) throw new TokenFileError("it has no tokens");
  if (given.length > mostTokens) throw new TokenFileError(`it has more than ${mostTokens} tokens`);
  const tokens = given.map(([place, value]) => tokenOf(value, place));
  const twice = tokens.find(({ name }, index) => tokens.findIndex((other) => other.name === name) !== index);
  if (twice !== undefined) throw new TokenFileError(`two tokens are called ${twice.name}`);
  return tokens;
}

function listIn(text: string): [string, unknown][] {
  return (parse(text, "it") as unknown[]).map((value, index) => [`token ${index + 1}`, value]);
}

function linesIn(text: string): [string, unknown][] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const place = `line ${index + 1}`;
    return [[place, parse(line, place)] as [string, unknown]];
  });
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TokenFileError(`${place} is no JSON`);
  }
}

function tokenOf(value: unknown, place: string): Token {
  const wrong = (rule: string) => new TokenFileError(`${place}: ${rule}`);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("it is no object");
  const {
    name,
    sha256,
    prefix = "",
    verbs: given = usualVerbs,
    limits = {},
    ...others
  } = value as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong(`there is no member ${JSON.stringify(unknown.slice(0, 100))}`);
  if (typeof name !== "string" || !isName(name)) throw wrong("name is no name");
  if (typeof sha256 !== "string" || !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw wrong("sha256 is not the 64 hexadecimal digits of a token's hash");
  }
  if (typeof prefix !== "string" || (prefix !== "" && !isName(prefix)))
    throw wrong("prefix is no beginning of keys");
  if (!Array.isArray(given) || !given.every((verb) => verbs.includes(verb))) {
    throw wrong(`verbs is a list of ${verbs.join(", ")}`);
  }
  return {
    name,
    sha256: Buffer.from(sha256, "hex"),
    prefix,
    verbs: new Set(given),
    limits: limitsOf(limits, wrong),
  };
}

function limitsOf(value: unknown, wrong: (rule: string) => Error): TokenLimits {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong("limits is no object");
  const limits: Record<string, number> = {};
  for (const [name, most] of Object.entries(value)) {
    const ours = Object.hasOwn(limitNames, name) ? limitNames[name as keyof typeof limitNames] : undefined;
    if (ours === undefined) throw wrong(`limits are ${Object.keys(limitNames).join(", ")}`);
    if (!Number.isSafeInteger(most) || most < 0) throw wrong(`limits.${name} is no whole number`);
    limits[ours] = most;
  }
  return limits;
}

/** A new token, and the line of the file for it. */
export function makeToken(
  name: string,
  prefix: string,
  given: readonly Verb[] = usualVerbs,
): { readonly token: string; readonly line: string } {
  const token = `wr_${randomBytes(secretBytes).toString("base64url")}`;
  return {
    token,
    line: JSON.stringify({ name, prefix, verbs: given, sha256: hashOfToken(token).toString("hex") }),
  };
}
