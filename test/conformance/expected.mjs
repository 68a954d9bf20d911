import { readFileSync } from "node:fs";

/**
 * Whether a pattern stands for a test: it is its name, or begins it up to a `.`, `/` or `:`, so that a module's or a
 * folder's name stands for all that is in it. `*` stands for any characters.
 */
export function matches(pattern, name) {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}(?:[./:].*)?$`).test(name);
}

/**
 * Reads a list of expected failures. A line is a pattern and, after a space, the reason. The pattern is of a name, or
 * `feature:NAME` for all tests that use a feature, or in quotation marks a text that the failure's message has.
 */
export function readExpected(file) {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, text, feature, pattern, reason] =
        /^(?:"([^"]+)"|feature:(\S+)|(\S+))\s+(\S.*)$/.exec(line) ?? [];
      if (reason === undefined) throw new Error(`${file}: not a pattern and a reason: ${line}`);
      return { text, feature, pattern, reason };
    });
}

/**
 * `passed`, `skipped`, `expected` (a failure that the list has), `unexpected` (one that it has not), or `surprise`: the
 * list has this very test, and it passed.
 */
export function judge({ name, outcome, message, features = [] }, expected) {
  if (outcome === "skipped") return "skipped";
  if (outcome === "passed") return expected.some(({ pattern }) => pattern === name) ? "surprise" : "passed";
  const isExpected = ({ text, feature, pattern }) =>
    (text !== undefined && message.includes(text)) ||
    features.includes(feature) ||
    (pattern !== undefined && matches(pattern, name));
  return expected.some(isExpected) ? "expected" : "unexpected";
}
