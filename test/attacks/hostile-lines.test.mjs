// No line on standard input costs more than its answer, and every answer is one line that can be trusted.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { start } from "../commands.mjs";
import { serve } from "./jsonl-processes.mjs";

const mebibyte = 2 ** 20;

describe("a line that is sent to pyrunner --jsonl", () => {
  let server;
  const ended = [];
  before(() => {
    server = serve({ after: (end) => ended.push(end) }, "pyrunner").read();
  });
  after(() => {
    for (const end of ended) end();
  });

  /** Sends a line, gives its answer, and makes sure that it is the only one. */
  async function answerTo(line) {
    const seen = server.lines.length;
    server.sendLine(line);
    server.send({ id: "next", code: "6 * 7" });
    await server.find((answer) => answer.id === "next" && server.lines.indexOf(answer) > seen);
    const [answer, next, ...others] = server.lines.splice(0);
    assert.deepEqual(next, { id: "next", output: "42\n", result: "42" });
    assert.deepEqual(others, []);
    return answer;
  }

  for (const written of [
    "0",
    "-1",
    "9007199254740991",
    "-9007199254740991",
    "0.1",
    "1.50",
    "1e3",
    "1E-7",
    "5e-324",
    "1e21",
  ]) {
    test(`the id ${written} comes back as the same number`, async () => {
      assert.deepEqual(await answerTo(`{"id":${written},"code":""}`), { id: Number(written) });
    });
  }

  for (const written of [
    "1e999",
    "-1e999",
    "12345678901234567890",
    "9007199254740993",
    "0.10000000000000000001",
    "1e-999",
  ]) {
    test(`the id ${written}, which would come back as another number, is refused`, async () => {
      const { id, error } = await answerTo(`{"id":${written},"code":"x = 1"}`);
      assert.equal(id, "");
      assert.match(
        error,
        /^Invalid request: "id" is a number that would be rounded to .*: give it as a string$/,
      );
    });
    test(`the target ${written}, which would be another one, is refused`, async () => {
      const { id, error } = await answerTo(`{"id":7,"op":"interrupt","target":${written}}`);
      assert.equal(id, 7);
      assert.match(error, /^Invalid request: "target" is a number that would be rounded to /);
    });
  }

  const strings = {
    "a lone surrogate": "\ud800",
    "line separators": "a\u2028b\u2029",
    "a thousand characters": "é".repeat(1000),
  };
  for (const [what, id] of Object.entries(strings)) {
    test(`an id of ${what} comes back as it was`, async () => {
      assert.deepEqual(await answerTo(JSON.stringify({ id, code: "" })), { id });
    });
  }

  for (const [what, line, naming, id = ""] of [
    [
      "an id of 1,001 characters",
      JSON.stringify({ id: "x".repeat(1001), code: "" }),
      /"id" is longer than 1000 characters/,
    ],
    [
      "an id of 100,000 digits",
      `{"id":${"1".repeat(100_000)},"code":""}`,
      /"id" is longer than 1000 characters/,
    ],
    ["two ids", '{"id":1,"id":2,"code":""}', /the field "id" is given twice/],
    ["an id twice, once in disguise", '{"id":1,"\\u0069d":2,"code":""}', /the field "id" is given twice/],
    ["code twice", '{"id":1,"code":"a","code":"b"}', /the field "code" is given twice/, 1],
    [
      "a field __proto__",
      '{"id":1,"code":"","__proto__":{"op":"close"}}',
      /there is no field "__proto__"/,
      1,
    ],
    ["an op constructor", '{"id":1,"op":"constructor"}', /there is no op "constructor"/, 1],
    [
      "a time without end",
      '{"id":1,"code":"","timeout_ms":1e999}',
      /greater than 0 and at most 2147483647, not Infinity/,
      1,
    ],
    [
      "a time that no timer takes",
      '{"id":1,"code":"","timeout_ms":2147483648}',
      /at most 2147483647, not 2147483648/,
      1,
    ],
    [
      "a session with a name of 1,001 characters",
      JSON.stringify({ id: 1, code: "", session: "x".repeat(1001) }),
      /"session" is a string of 1 to 1000/,
      1,
    ],
    ["an op of a million characters", JSON.stringify({ id: 1, op: "x".repeat(1e6) }), /^.{1,200}$/, 1],
    [
      "a field of a million characters",
      JSON.stringify({ id: 1, code: "", ["x".repeat(1e6)]: 1 }),
      /^.{1,200}$/,
      1,
    ],
    ["32 million opened arrays", "[".repeat(32e6), /^Invalid JSON: it is nested more than 256 deep$/],
    ["32 million opened objects", '{"a":'.repeat(6e6), /^Invalid JSON: it is nested more than 256 deep$/],
    [
      "an array of arrays, 32 million of them",
      `[${"[],".repeat(1e7)}[]]`,
      /^Invalid JSON: it has more than 1000000 parts$/,
    ],
    [
      "four million fields",
      `{${'"a":1,'.repeat(4e6)}"id":1}`,
      /^Invalid JSON: it has more than 1000000 parts$/,
    ],
    ["a string of 30 million quotes that never ends", `{"id":"${'\\"'.repeat(15e6)}`, /^Invalid JSON: /],
    [
      "64 MiB and more",
      `{"id":1,"code":"#${"x".repeat(64 * mebibyte)}"}`,
      /the line is longer than 67108864 bytes/,
    ],
  ]) {
    test(`${what}: refused in one short line`, async () => {
      const answer = await answerTo(line);
      assert.equal(answer.id, id);
      assert.match(answer.error, naming);
      assert.ok(answer.error.length < 300, answer.error);
    });
  }

  test("a line just below the bound is run", async () => {
    const line = JSON.stringify({ id: 1, code: "len(input())", stdin: "x".repeat(40 * mebibyte) });
    assert.equal((await answerTo(line)).result, String(40 * mebibyte));
  });
});

test("a line of 2 GB is skipped without being held, and what follows is answered", async (t) => {
  const server = serve(t, "jsrunner").read();
  await server.ask({ id: 1, code: "var x = 5" });
  const piece = Buffer.alloc(16 * mebibyte, "x");
  const before = server.peakBytes();
  for (let sent = 0; sent < 128; sent++) {
    if (!server.child.stdin.write(piece))
      await new Promise((resolve) => server.child.stdin.once("drain", resolve));
  }
  server.sendLine("");
  assert.equal((await server.ask({ id: 2, code: "x" })).result, "5");
  assert.match((await server.answer("")).error, /longer than 67108864 bytes/);
  const grown = server.peakBytes() - before;
  assert.ok(grown < 400 * mebibyte, `${Math.round(grown / mebibyte)} MiB`);
});

test("no control character and no other end of line is in what is written, whatever the code says", async (t) => {
  const child = start("jsrunner", ["--jsonl"]);
  t.after(() => child.kill("SIGKILL"));
  const codes = [...Array(0xa0).keys(), 0x2028, 0x2029, 0xd800];
  const text = String.fromCharCode(...codes);
  const requests = [
    { id: text, code: `console.log(${JSON.stringify(text)}); ${JSON.stringify(text)}` },
    { id: `${text}s`, code: `console.log(${JSON.stringify(text)})`, stream: true },
    { id: 3, code: `throw new Error(${JSON.stringify(text)})` },
    { id: 4, code: "", [text]: 1 },
    { id: 5, code: "", session: text },
    { id: 6, op: "sessions" },
  ];
  child.stdin.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(""));
  const chunks = [];
  for await (const chunk of child.stdout) chunks.push(chunk);
  const written = Buffer.concat(chunks).toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  assert.doesNotMatch(written, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
  const lines = written
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const first = lines.find(({ id }) => id === text);
  assert.equal(first.output, `${text.slice(0, -1)}\ufffd\n`);
  assert.ok(lines.some(({ event, text: piece }) => event === "output" && piece === first.output));
  const others = lines.map(({ id }) => id).filter(Number);
  assert.deepEqual(others.sort(), [3, 4, 5, 6]);
});

test("an answer that no text can hold is answered with an error, and the session goes on", async (t) => {
  const server = serve(t, "jsrunner", ["--max-output", "1G"]).read();
  // As JSON, each of these characters takes six.
  server.send({
    id: 1,
    code: 'var text = "\\0".repeat(1e6); for (let n = 0; n < 90; n++) console.log(text); var x = 5',
  });
  const { error } = await server.answer(1);
  assert.match(error, /^the answer cannot be written: /);
  assert.equal((await server.ask({ id: 2, code: "x" })).result, "5");
  assert.equal((await server.end()).code, 0);
});
