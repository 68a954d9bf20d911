// Servers that send without end, and guests that connect and ask without end.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { createSession } from "wasm-repl";

const mebibyte = 2 ** 20;
let server;
let port;
let open = 0;
const sessions = [];

/** Ends all sessions, and waits until the server has heard of it. */
async function closeAll() {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await allClosed();
}

async function allClosed() {
  while (open > 0) await new Promise((resolve) => setImmediate(resolve));
}

before(async () => {
  server = createServer((socket) => {
    open++;
    socket.on("error", () => {});
    socket.on("close", () => open--);
    socket.once("data", (data) => {
      if (String(data).startsWith("echo")) socket.end(data);
      else if (String(data).startsWith("GET")) {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        sendWithoutEnd(socket);
      } else sendWithoutEnd(socket);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = server.address().port;
});
after(async () => {
  await closeAll();
  server.close();
});

function sendWithoutEnd(socket) {
  const piece = Buffer.alloc(65_536, "x");
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on("drain", more);
  more();
}

async function openSession(language, network = {}, options = {}) {
  const session = await createSession(language, {
    network: { allow: ["127.0.0.1"], ...network },
    ...options,
  });
  sessions.push(session);
  return session;
}

test("what a server sends without end stays with it until it is read, and ends at the limit of bytes", async () => {
  const python = await openSession("python", { maxBytes: 20 * mebibyte });
  const before = process.memoryUsage().rss;
  const result = await python.run(`import socket
sock = socket.create_connection(("127.0.0.1", ${port}))
sock.send(b"more")
count = 0
try:
    while True: count += len(sock.recv(1 << 20))
except OSError as error: print(count <= 20 << 20, count > 19 << 20, error.strerror)`);
  assert.equal(result.error, undefined);
  assert.equal(result.output, "True True No buffer space available\n");
  const javascript = await openSession("javascript", { maxBytes: 20 * mebibyte });
  const fetched = await javascript.run(`let count = 0;
try { for await (const piece of (await fetch("http://127.0.0.1:${port}/")).body) count += piece.length }
catch (error) { console.log(count > 19 << 20, String(error)) }`);
  assert.match(
    String(fetched.output),
    /^true TypeError: fetch failed: the network's limit of 20971520 bytes/,
  );
  assert.ok(process.memoryUsage().rss - before < 400 * mebibyte);
  await closeAll();
});

test("a thousand connections one after the other leave none behind", async () => {
  const session = await openSession("python");
  const result = await session.run(`import socket
for index in range(1000):
    with socket.create_connection(("127.0.0.1", ${port})) as sock:
        sock.sendall(b"echo")
        assert sock.recv(10) == b"echo"
print("done")`);
  assert.equal(result.error, undefined);
  assert.equal(result.output, "done\n");
  await closeAll();
});

test("a guest that connects and asks without end has its limit, and its connections end with it", async () => {
  const session = await openSession("python", { maxConnections: 50 });
  const result = await session.run(`import socket
kept = []
for index in range(200):
    sock = socket.socket()
    sock.setblocking(False)
    sock.connect_ex(("127.0.0.1", ${port}))
    kept.append(sock)
import select
connected = 0
for sock in kept:
    select.select([], [sock], [])
    connected += sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
print(connected)`);
  assert.equal(result.error, undefined);
  assert.equal(result.output, "50\n");
  await session.reset();
  await allClosed();
  const javascript = await openSession("javascript", { maxConnections: 50 });
  const fetched = await javascript.run(`const all = await Promise.allSettled(
  Array.from({ length: 200 }, () => fetch("http://127.0.0.1:${port}/")));
console.log(all.filter(({ status }) => status === "fulfilled").length)`);
  assert.equal(fetched.error, undefined);
  assert.equal(fetched.output, "50\n");
  await closeAll();
});

test("a run that is stopped by force takes its connections along", async () => {
  const session = await openSession("python");
  const result = await session.run(
    `import socket
sock = socket.create_connection(("127.0.0.1", ${port}))
sum(range(10**15))`,
    { timeoutMs: 200 },
  );
  assert.equal(result.stopped, "timeout");
  assert.notEqual(result.state, "kept");
  await allClosed();
  assert.equal((await session.run("1 + 1")).result, "2");
});
