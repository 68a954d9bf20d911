import { nearest } from "../../nearest.js";
import { shown } from "../../session/option-checks.js";
import type { ArgumentSchema, InputSchema } from "./tool.js";

const longestQuote = 100;

/** What is wrong with a tool's arguments, for a model to mend; undefined if they fit its schema. */
export function faultOfArguments(args: unknown, schema: InputSchema): string | undefined {
  if (typeof args !== "object" || args === null || Array.isArray(args)) return "the arguments are no object";
  const known = Object.keys(schema.properties);
  for (const name of Object.keys(args)) {
    if (Object.hasOwn(schema.properties, name)) continue;
    const meant = nearest(name.slice(0, longestQuote), known);
    const advice = meant === undefined ? `it takes ${known.join(", ") || "none"}` : `did you mean ${meant}?`;
    return `there is no argument ${shown(name)}; ${advice}`;
  }
  for (const [name, rule] of Object.entries(schema.properties)) {
    const value = (args as Record<string, unknown>)[name];
    if (value === undefined && schema.required.includes(name)) {
      return `the argument ${name} is missing: ${rule.description}`;
    }
    if (value !== undefined && !fits(value, rule))
      return `${name} must be ${wanted(rule)}, not ${shown(value)}`;
  }
  return undefined;
}

function fits(value: unknown, rule: ArgumentSchema): boolean {
  switch (rule.type) {
    case "boolean":
      return typeof value === "boolean";
    case "integer":
      return (
        Number.isSafeInteger(value) &&
        (value as number) >= (rule.minimum ?? Number.NEGATIVE_INFINITY) &&
        (value as number) <= (rule.maximum ?? Number.POSITIVE_INFINITY)
      );
    case "string":
      return (
        typeof value === "string" &&
        value.length >= (rule.minLength ?? 0) &&
        (rule.enum?.includes(value) ?? true) &&
        (rule.pattern === undefined || new RegExp(rule.pattern, "u").test(value))
      );
  }
}

function wanted({ type, enum: values, pattern, minLength, minimum, maximum }: ArgumentSchema): string {
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(" or ");
  if (type === "boolean") return "true or false";
  if (type === "integer") {
    if (maximum !== undefined) return `a whole number from ${minimum ?? 0} to ${maximum}`;
    return `a whole number${minimum === undefined ? "" : ` of at least ${minimum}`}`;
  }
  if (pattern !== undefined) return `a string that matches ${pattern}`;
  return minLength === undefined ? "a string" : "a string that is not empty";
}
