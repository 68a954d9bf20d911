import assert from "node:assert/strict";
import { test } from "node:test";
import { hashOfToken } from "../../node/bearer-tokens.js";
import { makeToken, parseTokens, TokenFileError, usualVerbs } from "./token-file.js";

const sha256 = "0".repeat(64);
const line = (members: object) => JSON.stringify({ name: "a", sha256, ...members });

test("a file of tokens is a list, or a line for each, with comments", () => {
  const [a, b] = [
    line({ prefix: "a-" }),
    line({ name: "b", verbs: ["read"], limits: { live_sessions: 3, bytes: 0 } }),
  ];
  for (const text of [`${a}\n${b}`, `# whose\r\n\r\n${a}\r\n${b}\r\n`, ` [${a},${b}]`]) {
    const [first, second, ...others] = parseTokens(text);
    assert.deepEqual(others, []);
    assert.deepEqual([first?.name, first?.prefix, [...(first?.verbs ?? [])]], ["a", "a-", usualVerbs]);
    assert.deepEqual([second?.prefix, [...(second?.verbs ?? [])]], ["", ["read"]]);
    assert.deepEqual(second?.limits, { liveSessions: 3, bytes: 0 });
  }
});

test("what is not as it should be is refused in one line that says where", () => {
  for (const [text, reason] of [
    ["", /^it has no tokens$/],
    ["# none\n", /^it has no tokens$/],
    ["{", /^line 1 is no JSON$/],
    ["[", /^it is no JSON$/],
    [`\n${line({})}\n7`, /^line 3: it is no object$/],
    [`[${line({})}, null]`, /^token 2: it is no object$/],
    [line({ name: "a b" }), /name is no name/],
    [line({ sha256: "0" }), /sha256 is not the 64/],
    [line({ prefix: "/" }), /prefix is no beginning of keys/],
    [line({ verbs: ["all"] }), /verbs is a list of create, delete/],
    [line({ verbs: "read" }), /verbs is a list/],
    [line({ limits: [] }), /limits is no object/],
    [line({ limits: { session: 1 } }), /limits are sessions, live_sessions/],
    [line({ limits: { constructor: 1 } }), /limits are sessions, live_sessions/],
    [line({ limits: { sessions: -1 } }), /limits\.sessions is no whole number/],
    [line({ limits: { sessions: "1" } }), /limits\.sessions is no whole number/],
    [line({ token: "x" }), /there is no member "token"/],
    [`${line({})}\n${line({})}`, /two tokens are called a/],
  ] as const) {
    assert.throws(
      () => parseTokens(text),
      (error) =>
        error instanceof TokenFileError && reason.test(error.message) && !error.message.includes("\n"),
      text,
    );
  }
});

test("a token that is made is known by its line, which does not hold it", () => {
  const { token, line: made } = makeToken("x", "p-", ["read"]);
  const [parsed] = parseTokens(made);
  assert.ok(parsed?.sha256.equals(hashOfToken(token)));
  assert.ok(!made.includes(token) && token.length > 40);
  assert.notEqual(makeToken("x", "", []).token, token);
});
