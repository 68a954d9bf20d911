import { createHash } from "node:crypto";

/** JSON with the members of every object in order of their names: the same for what is the same. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(ordered(value));
}

/** The SHA-256 of the canonical JSON, in hexadecimal. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

function ordered(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  // Without a prototype, where `__proto__` is a name like any other.
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of Object.keys(value).sort())
    copy[name] = ordered((value as Record<string, unknown>)[name]);
  return copy;
}
