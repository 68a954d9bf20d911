// Clients that send too much, read nothing or ask for what never ends: each of them costs a bounded part of the service.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { startService } from "../service/service.mjs";

let service;
before(async () => {
  service = await startService({ maxHot: 4, limits: { maxOutputBytes: 8 * 2 ** 20 } });
  await service.create("other", { language: "javascript" });
});
after(() => service.end());

/** Opens a connection, and sends a request on it that may be anything. */
async function send(head, body = "") {
  const { hostname, port } = new URL(service.address);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(`${head.join("\r\n")}\r\nHost: ${hostname}:${port}\r\n\r\n`, "latin1");
  socket.write(body);
  return socket;
}

const othersAreServed = async () => assert.equal((await service.run("other", "6 * 7")).result, "42");

test("a flood of output to a reader that does not read holds up neither its cell nor others", async () => {
  await service.create("flood", { language: "python" });
  const body = JSON.stringify({ code: "for i in range(70000): print('x' * 100)\nprint('end')" });
  const socket = await send(
    [
      "POST /v1/sessions/flood/cells HTTP/1.1",
      "Content-Type: application/json",
      "Accept: text/event-stream",
      "Idempotency-Key: flood",
      `Content-Length: ${body.length}`,
    ],
    body,
  );
  socket.pause();
  while ((await service.ask("GET", "/v1/sessions/flood/cells/flood")).body.status !== "ended")
    await othersAreServed();
  const { body: cell } = await service.ask("GET", "/v1/sessions/flood/cells/flood");
  assert.ok(cell.result.output.endsWith("end\n"));
  // It reads at last: what was not kept for it is told as a gap, and the answer is whole.
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
    if (/event: result\ndata: .*\n\n/.test(text)) socket.destroy();
  });
  socket.resume();
  await once(socket, "close");
  assert.match(text, /event: gap\n/);
  assert.match(text, /event: result\n/);
});

test("listeners that do not read are as many as they like, and hold up nobody", async () => {
  await service.create("heard", { language: "javascript" });
  const listeners = await Promise.all(
    Array.from({ length: 50 }, () => send(["GET /v1/sessions/heard/events HTTP/1.1"])),
  );
  for (const socket of listeners) socket.pause();
  for (let n = 0; n < 3; n++)
    await service.run("heard", "for (let i = 0; i < 500; i++) console.log('x'.repeat(1000)); 1");
  await othersAreServed();
  for (const socket of listeners) socket.destroy();
});

test("JSON that is deep, full, no JSON or no UTF-8 is refused before anything is made of it", async () => {
  const ask = (bytes, type = "application/json") =>
    service.ask("POST", "/v1/sessions/other/cells", new Uint8Array(Buffer.from(bytes)), {
      "content-type": type,
    });
  for (const bytes of [
    "[".repeat(1_000_000),
    `{"code":"1","value":${'{"a":'.repeat(1000)}1${"}".repeat(1000)}}`,
    `{"code":"1","x":[${"1,".repeat(200_000)}1]}`,
    '{"code":"1"',
    "",
    "null",
    "[]",
    '"code"',
    "{}",
    '{"code":1}',
    '{"code":"1","code2":"2"}',
    '{"__proto__":{"code":"1"}}',
    '{"code":"1","__proto__":{}}',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
  ]) {
    const { status, body } = await ask(bytes);
    assert.deepEqual([status, body.code], [400, "INVALID_REQUEST"], String(bytes).slice(0, 60));
  }
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]) {
    assert.equal((await ask('{"code":"1"}', type)).status, 415);
  }
  await othersAreServed();
});

test("a body over its bound is refused, also one that does not say how long it is", async () => {
  for (const [head, status] of [
    [[`Content-Length: ${2 ** 30}`], 413],
    [[`Content-Length: ${"9".repeat(30)}`], 400],
    [["Transfer-Encoding: chunked"], 413],
  ]) {
    const socket = await send([
      "POST /v1/sessions/other/cells HTTP/1.1",
      "Content-Type: application/json",
      ...head,
    ]);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const isChunked = head[0].startsWith("Transfer");
    if (isChunked) {
      const piece = `10000\r\n${" ".repeat(0x10000)}\r\n`;
      for (let sent = 0; sent < 400 && !socket.destroyed; sent++) {
        if (socket.write(piece)) continue;
        await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
      }
    }
    await closed;
    // Whoever goes on sending may lose the answer with the connection.
    if (!isChunked || answer !== "") assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), head[0]);
  }
  await othersAreServed();
});

test("a spec is small, and a page of sessions is short, so that neither makes a list large", async () => {
  const large = await service.ask("PUT", "/v1/sessions/large", {
    language: "python",
    env: { A: "x".repeat(70_000) },
  });
  assert.deepEqual([large.status, large.body.code], [413, "TOO_LARGE"]);
  const keys = Array.from({ length: 201 }, (_, n) => `page-${n}`);
  for (const key of keys) await service.create(key);
  const { body } = await service.ask("GET", "/v1/sessions?limit=1000&prefix=page-");
  assert.equal(body.sessions.length, 200);
  assert.equal(body.next, body.sessions.at(-1).key);
  for (const limit of ["0", "-1", "x", "1e3", "9".repeat(20)]) {
    assert.equal((await service.ask("GET", `/v1/sessions?limit=${limit}`)).status, 400);
  }
});

test("what one session has waiting is bounded, and others do not wait behind it", async () => {
  await service.create("queue", { language: "javascript" });
  const first = service.cell("queue", "while (true);", "first");
  while ((await service.ask("GET", "/v1/sessions/queue/cells/first")).status !== 200);
  const waiting = Array.from({ length: 100 }, (_, n) => service.cell("queue", "1", `n${n}`));
  const refused = await Promise.any(
    waiting.map(async (answer) => {
      const { status, body, headers } = await answer;
      if (status !== 429) throw new Error(String(status));
      return { body, headers };
    }),
  );
  assert.equal(refused.body.code, "BUSY");
  assert.ok(refused.headers.get("retry-after"));
  await othersAreServed();
  await service.ask("POST", "/v1/sessions/queue/cells/first/interrupt");
  const answers = await Promise.all([first, ...waiting]);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 429]));
});

test("an id of a cell is one for one cell, whatever it is written as", async () => {
  const again = async (id, request) => (await service.cell("other", request, id)).body;
  assert.equal((await again("same", "1")).status, "ended");
  for (const request of [
    "2",
    { code: "1", value: true },
    { code: "1", details: true },
    { code: "1", at_most_once: true },
    { code: "1", stdin: "" },
  ]) {
    assert.equal((await again("same", request)).code, "CELL_CONFLICT", JSON.stringify(request));
  }
  assert.equal((await again('"same"', "2")).code, "CELL_CONFLICT");
  for (const id of ["", '"', '""', "a b", "a/b", "..", ".", "-a", "a".repeat(201), "%61", "a,b", 'a"', "ä"]) {
    const { status } = await service
      .cell("other", "1", encodeURIComponent(id) === id ? id : Buffer.from(id).toString("latin1"))
      .catch(() => ({ status: 400 }));
    assert.equal(status, 400, JSON.stringify(id));
  }
});

test("a page of another site that leads a browser here is refused by what it sends", async () => {
  const { hostname, port } = new URL(service.address);
  for (const head of [
    ["GET /v1/sessions HTTP/1.1", "Host: evil.example"],
    ["GET /v1/sessions HTTP/1.1", `Host: ${hostname}:${Number(port) + 1}`],
    ["GET /v1/sessions HTTP/1.1", `Host: ${hostname}:${port}`, "Origin: http://evil.example"],
    ["GET /v1/sessions HTTP/1.1", `Host: ${hostname}:${port}`, "Origin: null"],
  ]) {
    const socket = connect(Number(port), hostname);
    socket.write(`${head.join("\r\n")}\r\nConnection: close\r\n\r\n`);
    let answer = "";
    for await (const chunk of socket) answer += chunk;
    assert.match(answer, /^HTTP\/1\.1 403 /, head.join());
  }
});

test("what a session's code can do to its own interpreter, its worker goes on from", async () => {
  await service.create("hostile", { language: "python", memory_bytes: 64 * 2 ** 20 });
  await service.run("hostile", "x = 1");
  for (const code of [
    "import os; os._exit(1)",
    "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "x = [0] * 10**9",
    "while True: x = bytearray(10**7) * 100",
    "import builtins; builtins.__import__ = None; builtins.len = None; builtins.repr = None",
    "import os; os.write(1023, b'x' * 1000)",
    "import os; os.write(1022, b'x' * 1000)",
    "for i in range(100): open(str(i), 'w').write('x' * 10**6)",
  ]) {
    const { status } = await service.cell("hostile", { code, timeout_ms: 5000 });
    assert.equal(status, 200, code);
  }
  await othersAreServed();
});
