/** Requests of the JSON lines protocol, version 1. */

export type RequestId = string | number;

/** The session of requests that name none. */
export const defaultSession = "default";

interface Common {
  readonly id: RequestId;
  readonly session: string;
}

export interface CodeRequest extends Common {
  readonly op: "run";
  readonly code: string;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly stream: boolean;
}

export type Request =
  | CodeRequest
  | (Common & { readonly op: "interrupt"; readonly target: RequestId })
  | (Common & { readonly op: "reset" | "close" | "sessions" })
  | (Common & { readonly op: "snapshot" | "restore"; readonly path: string })
  | (Common & { readonly op: "fork"; readonly to: string });

/** What is answered to a line that is no request. */
export interface Refusal {
  readonly id: RequestId;
  readonly error: string;
}

/** What each operation takes beside `id` and `op`; those with a question mark may be absent. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  run: ["code", "stdin?", "timeout_ms?", "session?", "stream?"],
  interrupt: ["target"],
  reset: ["session?"],
  snapshot: ["path", "session?"],
  restore: ["path", "session?"],
  fork: ["to", "session?"],
  close: ["session?"],
  sessions: [],
};

/** What each field must be, and a check for it. */
const kinds: Readonly<Record<string, readonly [what: string, check: (value: unknown) => boolean]>> = {
  code: ["a string", isString],
  stdin: ["a string", isString],
  stream: ["true or false", (value) => typeof value === "boolean"],
  timeout_ms: ["a number greater than 0", (value) => typeof value === "number" && value > 0],
  session: ["a string that is not empty", isName],
  to: ["a string that is not empty", isName],
  path: ["a string that is not empty", (value) => isName(value) && !(value as string).includes("\0")],
  target: ["a string or a number", isId],
};

/** Reads one line: a request, the refusal to answer instead, or undefined for a blank line. */
export function parseRequest(line: Uint8Array): Request | Refusal | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(line).trim();
  } catch {
    return { id: "", error: "Invalid JSON: the line is not UTF-8" };
  }
  if (text === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { id: "", error: `Invalid JSON: ${(error as Error).message}` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { id: "", error: `Invalid JSON: a request is an object, not ${describe(value)}` };
  }
  return checkRequest(value as Record<string, unknown>);
}

function checkRequest(all: Record<string, unknown>): Request | Refusal {
  const { id, op = "run", ...fields } = all;
  if (id === undefined) return { id: "", error: 'Invalid request: the field "id" is missing' };
  if (!isId(id)) {
    return { id: "", error: `Invalid request: "id" is a string or a number, not ${describe(id)}` };
  }
  const refuse = (reason: string): Refusal => ({ id, error: `Invalid request: ${reason}` });
  if (typeof op !== "string") return refuse(`"op" is a string, not ${describe(op)}`);
  const known = Object.hasOwn(fieldsOf, op) ? fieldsOf[op] : undefined;
  if (known === undefined) return refuse(`there is no op ${JSON.stringify(op)}`);
  const names = known.map((name) => name.replace("?", ""));
  const stranger = Object.keys(fields).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    const where = all.op === undefined ? "" : ` in the op ${JSON.stringify(op)}`;
    return refuse(`there is no field ${JSON.stringify(stranger)}${where}`);
  }
  for (const name of known) {
    const value = fields[name.replace("?", "")];
    if (value === undefined && name.endsWith("?")) continue;
    if (value === undefined) return refuse(`the field ${JSON.stringify(name)} is missing`);
    const [what, check] = kinds[name.replace("?", "")] as (typeof kinds)[string];
    if (check(value)) continue;
    const given = what.includes("number") && typeof value === "number" ? String(value) : describe(value);
    return refuse(`${JSON.stringify(name.replace("?", ""))} is ${what}, not ${given}`);
  }
  const { timeout_ms: timeoutMs, session = defaultSession, stream = false, ...rest } = fields;
  return {
    id,
    op,
    session,
    ...(op === "run" ? { stream } : {}),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...rest,
  } as Request;
}

function isId(value: unknown): value is RequestId {
  return typeof value === "string" || typeof value === "number";
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  const article = typeof value === "object" ? "an" : "a";
  return `${article} ${typeof value}`;
}
