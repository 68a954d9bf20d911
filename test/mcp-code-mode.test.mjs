// Code mode: the tools of other servers are functions of the code.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run as runCommand, start } from "./commands.mjs";
import { connect, textOf } from "./mcp-clients.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-code-mode-"));
after(() => rmSync(folder, { recursive: true }));

const toCall = {
  command: process.execPath,
  args: [fileURLToPath(new URL("mcp-server-to-call.mjs", import.meta.url))],
};

function serversFile(name, mcpServers) {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ mcpServers }));
  return path;
}

describe("pyrunner --mcp --mcp-servers", () => {
  let server;
  const value = async (code, given) => {
    const { content, structuredContent, isError } = await server.run(code, given);
    assert.equal(isError, undefined, textOf({ content }));
    return structuredContent.result;
  };
  const error = async (code, given) => textOf(await server.run(code, given));

  before(async () => {
    process.env.SECRET = "not for servers";
    const path = serversFile("servers.json", {
      "my server": { ...toCall, env: { GIVEN: "yes" } },
      class: { ...toCall, tools: ["add"], type: "stdio" },
      off: { command: "/no/such/program", disabled: true },
    });
    server = await connect("pyrunner", ["--mcp-servers", path]);
  });
  after(() => server.close());

  test("the description names the functions, with valid names, and what they take", async () => {
    const [{ description, annotations }] = (await server.client.listTools()).tools;
    assert.match(description, /^- my_server\.add\(a, b\): Adds two numbers\. And no more\.$/m);
    assert.match(description, /^- my_server\.say_hello\(name, loud-ly=…\)$/m);
    assert.match(description, /^- _class\.add\(a, b\)/m);
    assert.doesNotMatch(description, /_class\.fail/);
    assert.equal(annotations.openWorldHint, true);
  });

  test("one program calls many tools, one after the other and at a time", async () => {
    assert.equal(
      await value(`
import asyncio
total = 0
for n in range(5): total = my_server.add(total, b=n)["sum"]
both = await asyncio.gather(my_server.say_hello.aio("b"), _class.add.aio(1, 2))
[total, both]`),
      "[10, ['hello b', {'sum': 3}]]",
    );
  });

  test("a function has the documentation of its tool", async () => {
    const text = await value("my_server.add.__doc__");
    for (const part of ["Adds two numbers.", "b: number, the second", "Returns: object"])
      assert.ok(text.includes(part));
  });

  test("pictures come as bytes", async () => {
    assert.equal(
      await value("my_server.picture()"),
      "[{'type': 'image', 'mimeType': 'image/png', 'data': b'\\x89PNG'}]",
    );
  });

  test("what a tool says has failed, and arguments that do not fit, are exceptions", async () => {
    assert.match(await error("my_server.fail()"), /tools\.HostError: it is broken/);
    assert.match(await error("my_server.add(1)"), /TypeError: .*add.*b/);
    assert.match(await error("my_server.add(1, 'x')"), /TypeError: my_server\.add: b: /);
  });

  test("a server gets the environment that its entry gives, and nothing else that may be secret", async () => {
    assert.equal(await value("my_server.environment()"), "'yes,'");
  });

  test("a server that dies is an exception, and is there again for the next call", async () => {
    assert.match(await error("my_server.die()"), /ConnectionError: the server my server gives no answer/);
    assert.equal(await value("my_server.add(1, 2)['sum']"), "3");
  });

  test("a server that hangs costs its run's time limit, and the session goes on", async () => {
    const { structuredContent } = await server.run("kept = 1\nmy_server.hang()", { timeout_ms: 300 });
    assert.equal(structuredContent.stopped, "timeout");
    assert.equal(await value("kept + my_server.add(1, 2)['sum']"), "4");
  });

  test("a call that the client cancels is called off", async () => {
    let heard;
    const isHeard = new Promise((resolve) => {
      heard = resolve;
    });
    const abort = new AbortController();
    const answer = server.run(
      "print('begun', flush=True)\nmy_server.hang()",
      {},
      { onprogress: heard, signal: abort.signal },
    );
    answer.catch(() => {});
    await isHeard;
    abort.abort();
    await assert.rejects(answer);
    assert.equal(await value("1"), "1");
  });
});

test("in JavaScript functions are awaited, and take an object", async () => {
  const path = serversFile("javascript.json", { calc: toCall });
  const server = await connect("jsrunner", ["--mcp-servers", path]);
  try {
    const [{ description }] = (await server.client.listTools()).tools;
    assert.match(description, /^- calc\.say_hello\(\{ name, loud-ly\? \}\)$/m);
    const { structuredContent } = await server.run(
      "(await Promise.all([1, 2].map((a) => calc.add({ a, b: 1 })))).map(({ sum }) => sum)",
    );
    assert.equal(structuredContent.result, "[ 2, 3 ]");
    assert.match(textOf(await server.run("await calc.fail()")), /it is broken/);
  } finally {
    await server.close();
  }
});

test("a server that cannot be started is told of, and the others are there", async () => {
  const path = serversFile("some.json", { broken: { command: "/no/such/program" }, calc: toCall });
  const child = start("pyrunner", ["--mcp", "--mcp-servers", path]);
  let told = "";
  child.stderr.on("data", (chunk) => {
    told += chunk;
  });
  const answered = new Promise((resolve) => child.stdout.once("data", resolve));
  const call = { name: "run_python", arguments: { code: "calc.add(1, 2)" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: call })}\n`);
  const answer = JSON.parse(await answered);
  assert.equal(answer.result.structuredContent.result, "{'sum': 3}");
  child.stdin.end();
  assert.equal(await new Promise((resolve) => child.on("close", resolve)), 0);
  assert.match(told, /^pyrunner: the server "broken" cannot be used: .*\n$/);
});

for (const [content, fault] of [
  ["{", /is no JSON/],
  ["[]", /has no object "mcpServers"/],
  ['{"mcpServers":{"x":{"url":"http://a.example"}}}', /the server "x" has a url: only servers/],
  ['{"mcpServers":{"x":{"command":1}}}', /the server "x" has no command/],
  ['{"mcpServers":{"x":{"command":"a","args":[1]}}}', /has args that are no list of strings/],
  ['{"mcpServers":{"x":{"command":"a","env":{"A":1}}}}', /has an env that is no object of strings/],
]) {
  test(`a file of servers that is ${content} is refused`, async () => {
    const path = join(folder, "wrong.json");
    writeFileSync(path, content);
    const { code, stderr } = await runCommand("pyrunner", ["--mcp", "--mcp-servers", path]);
    assert.equal(code, 2);
    assert.match(stderr, fault);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  });
}
