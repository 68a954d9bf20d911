/** Requests of the JSON lines protocol, version 1. */

export interface Request {
  readonly id: string | number;
  readonly code: string;
  readonly stdin?: string;
}

/** What is answered to a line that is no request. */
export interface Refusal {
  readonly id: string | number;
  readonly error: string;
}

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

function checkRequest(fields: Record<string, unknown>): Request | Refusal {
  const { id, code, stdin, ...unknown } = fields;
  if (id === undefined) return { id: "", error: 'Invalid request: the field "id" is missing' };
  if (typeof id !== "string" && typeof id !== "number") {
    return { id: "", error: `Invalid request: "id" is a string or a number, not ${describe(id)}` };
  }
  const refuse = (reason: string): Refusal => ({ id, error: `Invalid request: ${reason}` });
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) return refuse(`there is no field ${JSON.stringify(stranger)}`);
  if (code === undefined) return refuse('the field "code" is missing');
  if (typeof code !== "string") return refuse(`"code" is a string, not ${describe(code)}`);
  if (stdin !== undefined && typeof stdin !== "string") {
    return refuse(`"stdin" is a string, not ${describe(stdin)}`);
  }
  return { id, code, ...(stdin === undefined ? {} : { stdin }) };
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const article = typeof value === "object" ? "an" : "a";
  return `${article} ${typeof value}`;
}
