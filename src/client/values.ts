/** Values as the service has them: JSON, in which bytes are `{"$bytes":"<base64>"}`; see docs/jsonl.md. */

import { isMarked, mapMembers } from "../marked-values.js";

/** Of characters, which `String.fromCharCode` is given at once. */
const chunk = 8192;

export function toJsonValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) };
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (typeof value !== "object" || value === null) return value;
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return value;
  const copy = mapMembers(value, toJsonValue);
  return isMarked(value) ? { $object: copy } : copy;
}

/** Throws for what is none. */
export function fromJsonValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJsonValue);
  if (typeof value !== "object" || value === null) return value;
  if (!isMarked(value)) return mapMembers(value, fromJsonValue);
  const { $bytes: text, $object: inner } = value as { $bytes?: unknown; $object?: unknown };
  if (typeof text === "string") return fromBase64(text);
  if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) {
    return mapMembers(inner, fromJsonValue);
  }
  throw new TypeError("a mark of bytes, or of an object, stands before something else");
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += chunk) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  }
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let at = 0; at < bytes.length; at++) bytes[at] = characters.charCodeAt(at);
  return bytes;
}
