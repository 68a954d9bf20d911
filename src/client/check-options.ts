import { nearest } from "../nearest.js";
import { ServiceError } from "./service-error.js";

/** The same as the service's own, which is for keys of sessions and for ids of cells. */
const name = /^[A-Za-z0-9_][A-Za-z0-9._:-]{0,199}$/;
/** It stands in an address as it is. */
const callId = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;

/** `INVALID_OPTION` for one that does not exist. What values may be, the service says. */
export function checkNames(owner: string, options: object, known: readonly string[]): void {
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined || known.includes(option)) continue;
    const meant = nearest(option, known);
    const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new ServiceError(
      "INVALID_OPTION",
      `${owner} has no option ${JSON.stringify(option.slice(0, 100))}${advice}`,
    );
  }
}

export function checkKey(key: unknown): void {
  check(key, name, "the key of a session");
}

export function checkCellId(id: unknown): void {
  check(id, name, "the id of a cell");
}

export function checkCallId(id: unknown): void {
  check(id, callId, "the id of a call");
}

function check(value: unknown, pattern: RegExp, what: string): void {
  if (typeof value === "string" && pattern.test(value)) return;
  throw new ServiceError(
    "INVALID_OPTION",
    `${what} is 1 to 200 letters, digits, - _ . or :, the first a letter, a digit or _`,
  );
}

export function checkTime(ms: unknown, option: string): void {
  if (ms === undefined || (typeof ms === "number" && ms >= 0 && ms < 2 ** 31)) return;
  throw new ServiceError("INVALID_OPTION", `${option} is a time in milliseconds`);
}
