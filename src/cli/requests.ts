/** Requests of the JSON lines protocol, version 1. */

import { nearest } from "../nearest.js";
import { isJsonBytes, type JsonBytes } from "../wire/json-bytes.js";
import { isExactNumber, membersOf } from "../wire/json-text.js";
import { lossOfNumbers } from "../wire/json-values.js";

/** Given back as it was given: a number is one that JavaScript does not round. */
export type RequestId = string | number;

/** The longest line that is read. */
export const maxLineBytes = 64 * 1024 * 1024;
/** The most characters of an `id`, and of a session's name. */
const maxNameLength = 1000;
/** The most of a stranger's text that a refusal repeats. */
const maxQuotedLength = 100;
/** The most bytes of a file that an answer may be asked to hold. */
const maxFileBytes = 256 * 1024 * 1024;
/** The longest delay that a timer takes, in milliseconds: more than three weeks. */
const maxTimeoutMs = 2 ** 31 - 1;

/** The session of requests that name none. */
export const defaultSession = "default";

interface Common {
  readonly id: RequestId;
  readonly session: string;
}

interface RunFields extends Common {
  readonly timeoutMs?: number;
  readonly cpuTimeoutMs?: number;
  readonly maxWaitMs?: number;
  readonly stream: boolean;
  /** The answer tells what was measured, and each stream by itself. */
  readonly details: boolean;
}

export interface CodeRequest extends RunFields {
  readonly op: "run";
  readonly code: string;
  readonly stdin?: string;
  /** What the code is written in; of JavaScript sessions. */
  readonly language?: "javascript" | "typescript";
  /** The answer has the last expression's value as data. */
  readonly value: boolean;
}

/** What is answered to a call of a host function. */
export type CallAnswer = { readonly value: unknown } | { readonly error: unknown };

export interface ResumeRequest extends RunFields {
  readonly op: "resume";
  /** Checked when they are used. */
  readonly results: readonly unknown[];
}

/** What is answered only if it is wrong: its `id` may be absent, and is empty then. */
export type CallRequest =
  | (Common & { readonly op: "return"; readonly call: string } & CallAnswer)
  | (Common & { readonly op: "suspend"; readonly call: string });

export type Request =
  | CodeRequest
  | ResumeRequest
  | CallRequest
  | (Common & { readonly op: "functions"; readonly functions: Readonly<Record<string, unknown>> })
  | (Common & { readonly op: "interrupt"; readonly target: RequestId })
  | (Common & { readonly op: "reset" | "close" | "sessions" | "stats" })
  | (Common & { readonly op: "snapshot" | "restore"; readonly path: string })
  | (Common & { readonly op: "fork"; readonly to: string })
  | FileOperation;

export type FileOperation =
  | (Common & {
      readonly op: "read_file";
      readonly path: string;
      readonly maxBytes?: number;
      readonly encoding?: "text" | "bytes";
    })
  | (Common & {
      readonly op: "write_file";
      readonly path: string;
      readonly content: string | JsonBytes;
      readonly parents?: boolean;
    })
  | (Common & { readonly op: "list_files"; readonly path?: string })
  | (Common & { readonly op: "stat_file"; readonly path: string })
  | (Common & { readonly op: "remove_file"; readonly path: string; readonly recursive?: boolean });

/** What is answered to a line that is no request. */
export interface Refusal {
  readonly id: RequestId;
  readonly error: string;
  /** It would have been done at once, so this is answered at once: what waits may wait for it. */
  readonly isUrgent?: true;
}

/** What speaks of other requests, or of their calls, and waits for none of them. */
const urgent: readonly unknown[] = ["interrupt", "sessions", "return", "suspend"];

export function isUrgent(request: Request | Refusal): boolean {
  return "op" in request ? urgent.includes(request.op) : request.isUrgent === true;
}

const runFields = ["timeout_ms?", "cpu_timeout_ms?", "max_wait_ms?", "session?", "stream?", "details?"];

/** What each operation takes beside `id` and `op`; those with a question mark may be absent. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  run: ["code", "stdin?", "language?", ...runFields, "value?"],
  functions: ["functions", "session?"],
  return: ["call", "value?", "error?", "session?"],
  suspend: ["call", "session?"],
  resume: ["results", ...runFields],
  interrupt: ["target"],
  reset: ["session?"],
  snapshot: ["path", "session?"],
  restore: ["path", "session?"],
  fork: ["to", "session?"],
  close: ["session?"],
  sessions: [],
  stats: ["session?"],
  read_file: ["path", "max_bytes?", "encoding?", "session?"],
  write_file: ["path", "content", "parents?", "session?"],
  list_files: ["path?", "session?"],
  stat_file: ["path", "session?"],
  remove_file: ["path", "recursive?", "session?"],
};

/** What is wrong with the value of a field, in words that follow "is"; undefined if nothing is. */
type Check = (value: unknown, written: string) => string | undefined;

const isText = check("a string", (value) => typeof value === "string");
const isName = check(
  `a string of 1 to ${maxNameLength} characters`,
  (value) => typeof value === "string" && value !== "" && value.length <= maxNameLength,
);
const isBoolean = check("true or false", (value) => typeof value === "boolean");
const isDuration = check(
  `a number greater than 0 and at most ${maxTimeoutMs}`,
  (value) => typeof value === "number" && value > 0 && value <= maxTimeoutMs,
);
const isObject = check(
  "an object",
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
);
const checks: Readonly<Record<string, Check>> = {
  id: faultOfId,
  target: faultOfId,
  code: isText,
  language: check(
    '"javascript" or "typescript"',
    (value) => value === "javascript" || value === "typescript",
  ),
  stdin: isText,
  stream: isBoolean,
  details: isBoolean,
  timeout_ms: isDuration,
  cpu_timeout_ms: isDuration,
  max_wait_ms: isDuration,
  call: isName,
  functions: isObject,
  error: isObject,
  results: check("an array", Array.isArray),
  recursive: isBoolean,
  session: isName,
  to: isName,
  content: check(
    'a string, or {"$bytes": "<base64>"}',
    (value) => typeof value === "string" || isJsonBytes(value),
  ),
  parents: isBoolean,
  encoding: check('"text" or "bytes"', (value) => value === "text" || value === "bytes"),
  max_bytes: check(
    `a whole number of at most ${maxFileBytes}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= maxFileBytes,
  ),
  value: isBoolean,
  path: check(
    "a string without NUL that is not empty",
    (value) => typeof value === "string" && value !== "" && !value.includes("\0"),
  ),
};

/**
 * Reads one line: a request, the refusal to answer instead, or undefined for a blank line.
 *
 * @param line Undefined if it was longer than `maxLineBytes`.
 */
export function parseRequest(line: Uint8Array | undefined): Request | Refusal | undefined {
  if (line === undefined) {
    return { id: "", error: `Invalid request: the line is longer than ${maxLineBytes} bytes` };
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(line).trim();
  } catch {
    return { id: "", error: "Invalid JSON: the line is not UTF-8" };
  }
  if (text === "") return undefined;
  let value: unknown;
  let members: ReturnType<typeof membersOf>;
  try {
    members = membersOf(text);
    value = JSON.parse(text);
  } catch (error) {
    return { id: "", error: `Invalid JSON: ${(error as Error).message}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { id: "", error: `Invalid JSON: a request is an object, not ${describe(value)}` };
  }
  const written = new Map<string, string>();
  const repeated = new Set<string>();
  for (const [source, text] of members) {
    const name = JSON.parse(source) as string;
    if (written.has(name)) repeated.add(name);
    written.set(name, text);
  }
  return checkRequest(value as Record<string, unknown>, written, repeated);
}

/**
 * @param written The fields' values as they are written.
 * @param repeated The fields that are given more than once.
 */
function checkRequest(
  all: Record<string, unknown>,
  written: ReadonlyMap<string, string>,
  repeated: ReadonlySet<string>,
): Request | Refusal {
  const { id, op = "run", ...fields } = all;
  const refuseWith = (id: RequestId, reason: string): Refusal => ({
    id,
    error: `Invalid request: ${reason}`,
    ...(urgent.includes(op) ? { isUrgent: true } : {}),
  });
  if (repeated.has("id")) return refuseWith("", 'the field "id" is given twice');
  const isOfCall = op === "return" || op === "suspend";
  if (id === undefined && !isOfCall) return refuseWith("", 'the field "id" is missing');
  const faultOf = (name: string, value: unknown) => checks[name]?.(value, written.get(name) ?? "");
  const faultOfThis = id === undefined ? undefined : faultOf("id", id);
  if (faultOfThis !== undefined) return refuseWith("", `"id" is ${faultOfThis}`);
  const refuse = (reason: string) => refuseWith((id ?? "") as RequestId, reason);
  for (const name of repeated) return refuse(`the field ${quote(name)} is given twice`);
  if (typeof op !== "string") return refuse(`"op" is a string, not ${describe(op)}`);
  const known = Object.hasOwn(fieldsOf, op) ? fieldsOf[op] : undefined;
  if (known === undefined) {
    return refuse(`there is no op ${quote(op)}${advice(op, Object.keys(fieldsOf))}`);
  }
  const names = known.map((name) => name.replace("?", ""));
  const stranger = Object.keys(fields).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    const where = all.op === undefined ? "" : ` in the op ${quote(op)}`;
    return refuse(`there is no field ${quote(stranger)}${where}${advice(stranger, names)}`);
  }
  for (const mark of known) {
    const name = mark.replace("?", "");
    const value = fields[name];
    // What `return` gives may be anything, and its `value` a run is asked for.
    if ((value === undefined && mark !== name) || (op === "return" && name === "value")) continue;
    if (value === undefined) return refuse(`the field ${JSON.stringify(name)} is missing`);
    const fault = faultOf(name, value);
    if (fault !== undefined) return refuse(`${JSON.stringify(name)} is ${fault}`);
  }
  if (op === "return" && "value" in fields === "error" in fields) {
    return refuse('either the field "value" or the field "error" is given');
  }
  const loss = lossOfNumbers(
    (op === "return" ? written.get("value") : op === "resume" ? written.get("results") : undefined) ?? "",
  );
  if (loss !== undefined) return refuse(`the number ${loss}`);
  const { session = defaultSession, max_bytes: maxBytes, ...rest } = fields;
  const common = { id: id ?? "", op, session, ...(maxBytes === undefined ? {} : { maxBytes }), ...rest };
  if (op === "run") return runRequest({ value: false, ...common }) as unknown as CodeRequest;
  return (op === "resume" ? runRequest(common) : common) as Request;
}

function runRequest(fields: Record<string, unknown>): Record<string, unknown> {
  const { timeout_ms: timeoutMs, cpu_timeout_ms: cpuTimeoutMs, max_wait_ms: maxWaitMs, ...rest } = fields;
  return {
    stream: false,
    details: false,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(cpuTimeoutMs === undefined ? {} : { cpuTimeoutMs }),
    ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
    ...rest,
  };
}

function advice(word: string, known: readonly string[]): string {
  const meant = nearest(word.slice(0, maxQuotedLength), known);
  return meant === undefined ? "" : `; did you mean ${JSON.stringify(meant)}?`;
}

/** A value that is not what it should be is named, and never repeated. */
function check(what: string, isRight: (value: unknown) => boolean): Check {
  return (value) => {
    if (isRight(value)) return undefined;
    const isOfItsKind = what.startsWith(`a ${typeof value}`) && value !== "";
    if (!isOfItsKind) return `${what}, not ${describe(value)}`;
    return `${what}, not ${typeof value === "number" ? value : "this one"}`;
  };
}

/** An `id` must come back in the answer as it was. */
function faultOfId(id: unknown, written: string): string | undefined {
  if (typeof id !== "string" && typeof id !== "number") return `a string or a number, not ${describe(id)}`;
  const { length } = typeof id === "string" ? id : written;
  if (length > maxNameLength) return `longer than ${maxNameLength} characters`;
  if (typeof id === "string" || isExactNumber(written)) return undefined;
  return `a number that would be rounded to ${id}: give it as a string`;
}

/** A text of the client's, as a refusal repeats it. */
export function quote(text: string): string {
  return JSON.stringify(text.length > maxQuotedLength ? `${text.slice(0, maxQuotedLength)}…` : text);
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  const article = typeof value === "object" ? "an" : "a";
  return `${article} ${typeof value}`;
}
