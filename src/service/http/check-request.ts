import { nearest } from "../../nearest.js";
import { argumentCheck, type CheckArguments } from "../../session/host-functions/check-arguments.js";
import { Failure } from "../failure.js";
import { type RequestSchema, requestSchemas } from "./schemas.js";

const longestQuote = 100;

/** Checks bodies of requests: `INVALID_REQUEST`, with one line that says where the first fault is. */
export type CheckRequest = (schema: RequestSchema, value: unknown) => void;

export function createRequestCheck(): CheckRequest {
  const checks = new Map<RequestSchema, CheckArguments>();
  return (name, value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Failure("INVALID_REQUEST", "the body must be a JSON object");
    }
    const { properties } = requestSchemas[name] as { properties: Readonly<Record<string, unknown>> };
    for (const member of Object.keys(value)) {
      if (!Object.hasOwn(properties, member)) throw unknownMember(member, Object.keys(properties));
    }
    let check = checks.get(name);
    if (check === undefined) {
      check = argumentCheck(requestSchemas[name]);
      checks.set(name, check);
    }
    const fault = check(value);
    if (fault !== undefined) throw new Failure("INVALID_REQUEST", fault);
  };
}

function unknownMember(member: string, known: readonly string[]): Failure {
  const quoted = JSON.stringify(member.slice(0, longestQuote));
  const meant = nearest(member.slice(0, longestQuote), known);
  const advice = meant === undefined ? `it has ${known.join(", ")}` : `did you mean ${meant}?`;
  return new Failure("INVALID_REQUEST", `the body has no member ${quoted}; ${advice}`);
}
