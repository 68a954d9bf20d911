// A client of the Model Context Protocol that keeps to nothing: each message costs its answer, and the server goes on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { start } from "../commands.mjs";

/** Speaks the protocol line by line, as no client would. */
function serve(args = []) {
  const child = start("pyrunner", ["--mcp", ...args]);
  child.stderr.pipe(process.stderr);
  child.stdin.on("error", () => {});
  const answers = new Map();
  const waiting = new Map();
  const others = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const answer = JSON.parse(line);
      if (answer.id === undefined || answer.id === null) others.push(answer);
      else if (waiting.has(answer.id)) waiting.get(answer.id)(answer);
      else answers.set(answer.id, answer);
    }
  });
  let count = 0;
  return {
    child,
    others,
    write: (line) => child.stdin.write(`${line}\n`),
    answer: (id) => (answers.has(id) ? answers.get(id) : new Promise((resolve) => waiting.set(id, resolve))),
    send(method, params, id = ++count) {
      this.write(JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }));
      return this.answer(id);
    },
    async call(name, args) {
      return (await this.send("tools/call", { name, arguments: args })).result;
    },
    async run(code, more) {
      return this.call("run_python", { code, ...more });
    },
    async end() {
      child.stdin.end();
      return new Promise((resolve) => child.on("close", resolve));
    },
  };
}

describe("pyrunner --mcp", () => {
  let server;
  before(async () => {
    server = serve();
    await server.send("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "hostile", version: "1" },
    });
  });
  after(() => server.end());

  const goesOn = async () => assert.equal((await server.run("6 * 7")).structuredContent.result, "42");
  const errorOf = ({ isError, content }) => {
    assert.equal(isError, true);
    return content[0].text;
  };

  test("lines that are no messages are refused, one by one", async () => {
    const lines = [
      "{",
      "nonsense",
      "[]",
      "null",
      "1",
      '"x"',
      "{}",
      '{"jsonrpc":"1.0","id":7000,"method":"tools/list"}',
      '{"jsonrpc":"2.0","id":{},"method":"tools/list"}',
      '{"jsonrpc":"2.0","id":7001}',
      "[".repeat(100_000),
      `{"jsonrpc":"2.0","id":7002,"method":"tools/list","params":${'{"a":'.repeat(5000)}1${"}".repeat(5000)}}`,
      "\u0000\u0001",
    ];
    for (const line of lines) server.write(line);
    await goesOn();
    assert.ok(server.others.length >= 9);
    for (const { error } of server.others) assert.ok(error.code <= -32000 && error.message.length < 300);
  });

  test("a message of 65 MiB is not held, and refused", async () => {
    const before = server.others.length;
    server.write(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":"${"x".repeat(65 * 2 ** 20)}"}`);
    await goesOn();
    assert.match(server.others[before].error.message, /67108864 bytes at most/);
  });

  test("arguments of the wrong kind are told, and nothing is done", async () => {
    for (const [tool, args, reason] of [
      ["run_python", undefined, /the argument code is missing/],
      ["run_python", {}, /the argument code is missing/],
      ["run_python", { code: 5 }, /code must be a string, not 5/],
      ["run_python", { code: null }, /code must be a string, not null/],
      ["run_python", { code: ["x"] }, /code must be a string, not an array/],
      ["run_python", { code: "1", timeout_ms: "100" }, /timeout_ms must be a whole number from 1 to 600000/],
      ["run_python", { code: "1", timeout_ms: 0 }, /timeout_ms must be/],
      ["run_python", { code: "1", timeout_ms: 1e300 }, /timeout_ms must be/],
      ["run_python", { code: "1", timeoutms: 5 }, /did you mean timeout_ms\?/],
      ["run_python", { code: "1", session: "" }, /session must be a string that matches/],
      ["run_python", { code: "1", session: "../../etc" }, /session must be/],
      ["run_python", { code: "1", session: "x\n" }, /session must be/],
      ["run_python", { code: "1", session: "x".repeat(65) }, /session must be/],
      ["run_python", { code: "1", __proto__: null, constructor: 1 }, /there is no argument "constructor"/],
      ["write_file", { path: "x", content: "?", encoding: "base64" }, /content is not base64/],
      ["write_file", { path: "", content: "" }, /path must be a string that is not empty/],
      ["write_file", { path: "a\0b", content: "" }, /./],
      ["write_file", { path: "/", content: "" }, /./],
      ["read_file", { path: "/dev/zero" }, /./],
      ["read_file", { path: "x".repeat(100_000) }, /./],
      ["list_files", { path: "nothing" }, /no such file/],
      ["fork", { to: "default" }, /a session cannot be forked|already/],
      ["fork", { session: "unknown", to: "x" }, /there is no session unknown; there are: default/],
      ["reset", { session: "unknown" }, /there is no session unknown/],
      ["read_file", { session: "unknown", path: "x" }, /there is no session unknown/],
      ["sessions", { all: true }, /there is no argument "all"/],
    ]) {
      const text = errorOf(await server.call(tool, args));
      assert.match(text, reason);
      assert.ok(text.length < 1000, tool);
    }
    assert.deepEqual((await server.call("sessions", {})).structuredContent, { sessions: ["default"] });
    await goesOn();
  });

  test("tools, methods and resources that are not there are errors of the protocol", async () => {
    assert.match((await server.send("tools/call", { name: "__proto__" })).error.message, /there is no tool/);
    assert.equal((await server.send("no/such/method")).error.code, -32601);
    for (const uri of [
      "file:///etc/passwd",
      "sandbox://default",
      "sandbox://unknown/etc/passwd",
      "sandbox://default/%zz",
      "sandbox://default/etc/passwd",
      "sandbox://default/../../../etc/passwd",
    ]) {
      assert.ok((await server.send("resources/read", { uri })).error, uri);
    }
    await goesOn();
  });

  test("arguments of 10 MB are taken as they are", async () => {
    const long = "x".repeat(10_000_000);
    assert.equal((await server.run(`len('${long}')`)).structuredContent.result, "10000000");
    await server.call("write_file", { path: "long", content: long });
    const { structuredContent } = await server.call("read_file", { path: "long", offset: 9_999_990 });
    assert.equal(structuredContent.text, "x".repeat(10));
  });

  test("a guest's own output is only text: it forges no message of the server's", async () => {
    const forged = '{"jsonrpc":"2.0","id":1,"result":{}}';
    const { structuredContent } = await server.run(`import os\nos.write(1, b'\\n${forged}\\n') and None`);
    assert.equal(structuredContent.output, `\n${forged}\n`);
  });

  test("100 calls at once are all answered, and sessions do not wait for each other", async () => {
    const blocked = { name: "run_python", arguments: { code: "while True: pass", session: "busy" } };
    void server.send("tools/call", blocked, "blocked");
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => server.run(`${n}`, { session: `s${n % 5}` })),
    );
    assert.deepEqual(
      answers.map(({ structuredContent }) => structuredContent.result),
      Array.from({ length: 100 }, (_, n) => `${n}`),
    );
    const cancelled = { method: "notifications/cancelled", params: { requestId: "blocked" } };
    server.write(JSON.stringify({ jsonrpc: "2.0", ...cancelled }));
    assert.equal((await server.run("1", { session: "busy" })).structuredContent.result, "1");
  });

  test("more calls than may wait are refused, and those that wait are answered", async () => {
    const answers = Array.from({ length: 300 }, () =>
      server.send("tools/call", { name: "run_python", arguments: { code: "1" } }),
    );
    const refused = (await Promise.all(answers)).filter(({ error }) => error !== undefined);
    assert.ok(refused.length > 0);
    for (const { error } of refused) assert.match(error.message, /256 requests wait already/);
    await goesOn();
  });
});

test("a client that goes while its code runs ends the server, and the run", async () => {
  const server = serve();
  const token = "p";
  server.write(
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "run_python",
        arguments: { code: "print('begun', flush=True)\nwhile True: pass" },
        _meta: { progressToken: token },
      },
    }),
  );
  await new Promise((resolve) => server.child.stdout.once("data", resolve));
  assert.equal(await server.end(), 0);
});

test("a client that reads its answers late gets all of them", async () => {
  const child = start("pyrunner", ["--mcp"]);
  child.stderr.pipe(process.stderr);
  child.stdout.pause();
  const count = 100;
  for (let id = 1; id <= count; id++) {
    const params = { name: "run_python", arguments: { code: "print('x' * 20_000)", session: "s" } };
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params })}\n`);
  }
  let text = "";
  let lines = 0;
  await new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      lines += chunk.split("\n").length - 1;
      if (lines >= count) resolve();
    });
    child.stdout.resume();
  });
  const ids = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).id);
  assert.deepEqual(
    ids.sort((a, b) => a - b),
    Array.from({ length: count }, (_, n) => n + 1),
  );
  child.stdin.end();
  await new Promise((resolve) => child.on("close", resolve));
});
