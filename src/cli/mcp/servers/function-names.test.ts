import assert from "node:assert/strict";
import { test } from "node:test";
import { isFunctionName } from "../../../session/host-functions/table.js";
import { functionName } from "./function-names.js";

test("a name that both languages take stays as it is", () => {
  assert.equal(functionName("search_issues2", new Set()), "search_issues2");
});

test("any other becomes one, and is nobody else's", () => {
  const taken = new Set<string>();
  for (const given of [
    "a-b",
    "a_b",
    "a.b",
    "class",
    "2fa",
    "",
    "é",
    "constructor",
    "__proto__",
    "x".repeat(500),
  ]) {
    const name = functionName(given, taken);
    assert.ok(isFunctionName(name), name);
    assert.ok(!taken.has(name), name);
    taken.add(name);
  }
  assert.deepEqual([...taken].slice(0, 5), ["a_b", "a_b_2", "a_b_3", "_class", "_2fa"]);
});
