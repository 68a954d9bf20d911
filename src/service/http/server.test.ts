import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { Failure } from "../failure.js";
import { sendBytes, sendEmpty, sendFailure } from "./send.js";
import { createHttpServer } from "./server.js";

const shortMs = 300;
const largeBytes = 64 * 1024 * 1024;

const large = new Uint8Array(largeBytes);

let port: number;
let lastEnd: Promise<unknown> = Promise.resolve();
const server = createHttpServer(
  async (request, response) => {
    if (request.url === "/unread") {
      lastEnd = sendBytes(response, 200, large, {}, shortMs).catch((error) => error);
      return;
    }
    if (request.url === "/slow") return sendBytes(response, 200, large, {});
    if (request.url === "/refuse") return sendFailure(response, new Failure("BUSY", "no"));
    // A handler never rejects: one that is cut off has nobody to answer.
    try {
      for await (const _ of request);
      await sendEmpty(response);
    } catch {}
  },
  { headTimeoutMs: shortMs, requestTimeoutMs: 2 * shortMs, checkingMs: 50 },
);
before(async () => {
  port = await server.listen("127.0.0.1", 0);
});
after(() => server.close());

function open(text = ""): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, "latin1");
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

async function all(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}

test("a thousand connections that send nothing hold nobody up, and are closed", async () => {
  const silent = await Promise.all(Array.from({ length: 1000 }, () => open()));
  const closed = silent.map((socket) => once(socket.resume(), "close"));
  const answer = await all(await open("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  assert.match(answer, /^HTTP\/1\.1 204 /);
  await Promise.all(closed);
});

test("half a head, and half a body, are not waited for", async () => {
  for (const text of [
    "GET / HT",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
  ]) {
    assert.match(await all(await open(text)), /^(HTTP\/1\.1 408 .*"status":408.*)?$/s);
  }
});

test("an answer that is never read ends with its connection, and takes no more than a piece meanwhile", async () => {
  const before = process.memoryUsage().rss;
  const socket = await open("GET /unread HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.pause();
  const closed = new Promise((resolve) => socket.once("close", resolve));
  while (server.connections > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(((await lastEnd) as Error).name, "ClientGone");
  socket.destroy();
  await closed;
  assert.ok(process.memoryUsage().rss - before < 2 * largeBytes);
});

test("an answer that is read slowly comes whole", async () => {
  const socket = await open("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  let length = 0;
  for await (const chunk of socket) {
    length += chunk.length;
    if (length % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(length > largeBytes);
});

/** What different servers would take for one request, two, or none. */
const ambiguous = [
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /refuse HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /refuse HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /refuse HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 44\r\n\r\nGET /refuse HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nabcd",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nabcd",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nabcd",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
  "GET / HTTP/1.1\nHost: x\n\n",
  "GET / HTTP/1.1\r\nHost: x\r\nA: b\nContent-Length: 4\r\n\r\nabcd",
  "GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: x\r\nA: \x01\x7f\r\n\r\n",
  "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
];

test("what could be taken for more or fewer requests than it is gets 400 and no second answer", async () => {
  for (const text of ambiguous) {
    const answer = await all(await open(text));
    assert.match(answer, /^HTTP\/1\.1 (400|408) /, JSON.stringify(text));
    assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1, `${JSON.stringify(text)}: ${answer}`);
    assert.doesNotMatch(answer, /BUSY/);
  }
});

test("heads beyond their bound get 431, by the length of one header or of all", async () => {
  for (const headers of [
    `A: ${"x".repeat(20_000)}\r\n`,
    Array.from({ length: 2000 }, (_, index) => `H${index}: xxxxxxxx\r\n`).join(""),
    `Cookie: ${"a=b; ".repeat(5000)}\r\n`,
  ]) {
    const answer = await all(await open(`GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`));
    assert.match(answer, /^HTTP\/1\.1 431 /);
  }
  const long = await all(await open(`GET /${"x".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`));
  assert.match(long, /^HTTP\/1\.1 (414|431) /);
});
