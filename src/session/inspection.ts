import { WasmReplError } from "../errors.js";
import type { InspectRequest } from "../guest/guest.js";

/** What can be asked about a session; see `InspectRequest`. */
export type InspectKind = InspectRequest["kind"];

/** What `Session.inspect` answers to each kind of question. */
export interface InspectAnswers {
  readonly isComplete: { readonly status: "complete" | "incomplete" | "invalid" };
  /** The part of the code to replace, and what may replace it. */
  readonly complete: { readonly prefix: string; readonly items: readonly string[] };
  /** Signature or type, and documentation. Without members: there is no such name. */
  readonly describe: { readonly head?: string; readonly text?: string };
  readonly variables: {
    readonly items: ReadonlyArray<{ readonly name: string; readonly type: string; readonly value: string }>;
  };
}

type Check = (members: Record<string, unknown>) => boolean;

const isString = (value: unknown) => typeof value === "string";
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const checks: Readonly<Record<InspectKind, Check>> = {
  isComplete: ({ status }) => status === "complete" || status === "incomplete" || status === "invalid",
  complete: ({ prefix, items }) => isString(prefix) && Array.isArray(items) && items.every(isString),
  describe: ({ head, text }) =>
    (head === undefined && text === undefined) || (isString(head) && isString(text)),
  variables: ({ items }) =>
    Array.isArray(items) &&
    items.every((item) => isObject(item) && [item.name, item.type, item.value].every(isString)),
};

/** `INVALID_OPTION` if there is no such question. */
export function checkQuestion(request: InspectRequest): void {
  const { kind, code } = Object(request);
  if (!Object.hasOwn(checks, String(kind))) {
    const kinds = Object.keys(checks).join(", ");
    throw new WasmReplError("INVALID_OPTION", `inspect's kind must be one of ${kinds}, not ${String(kind)}`);
  }
  if (!isString(code)) throw new WasmReplError("INVALID_OPTION", "inspect's code must be a string");
}

/** The answer, if it has the form that the question asks for. The guest's own code may have had a hand in it. */
export function checkedAnswer<Kind extends InspectKind>(
  kind: Kind,
  answer: unknown,
): InspectAnswers[Kind] | undefined {
  return isObject(answer) && checks[kind](answer) ? (answer as unknown as InspectAnswers[Kind]) : undefined;
}
