import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { createEngine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { nodeNetwork } from "../node/network/network-port.js";
import { makeCertificates } from "../node/network/test-certificates.js";
import { serveHttp, serveHttps, serveTcp, type TestServer } from "../node/network/test-servers.js";
import { nodePlatform } from "../node/platform.js";
import { openSession } from "./open-session.js";
import type { CreateSessionOptions, Session } from "./session.js";

const engine = createEngine(nodePlatform);
const opened: Session[] = [];
const servers: TestServer[] = [];
const { ca, server: certificate } = makeCertificates();
let http: TestServer;
let https: TestServer;
let tcp: TestServer;
/** Takes what comes, and never answers. */
let silent: TestServer;

before(async () => {
  http = await serveHttp(async (request, response) => {
    if (request.url === "/elsewhere") {
      response.writeHead(302, { location: `http://localhost:${tcp.port}/` }).end();
      return;
    }
    if (request.url === "/moved") {
      response.writeHead(301, { location: "/new" }).end();
      return;
    }
    const coding = request.url?.match(/^\/coded\/(gzip|deflate|br)$/)?.[1];
    if (coding !== undefined) {
      const encode = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[coding] ?? gzipSync;
      response.setHeader("content-encoding", coding).end(encode("decoded"));
      return;
    }
    if (request.url === "/pieces") {
      for (const piece of ["one", "two"]) {
        response.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method, url, headers } = request;
    response.setHeader("x-answer", "yes");
    response.end(`${method} ${url} ${Buffer.concat(chunks)} ${headers["x-own"] ?? ""}`);
  });
  https = await serveHttps(certificate, (_request, response) => response.end("secret"));
  tcp = await serveTcp();
  silent = await serveTcp((socket) => void socket.resume());
  servers.push(http, https, tcp, silent);
});
after(async () => {
  await Promise.all(opened.map((session) => session.close()));
  for (const server of servers) server.close();
});

async function open(
  language: Language,
  allow: readonly string[],
  options: CreateSessionOptions = {},
): Promise<Session> {
  const session = await openSession(engine, language, { network: { allow }, ...options });
  opened.push(session);
  return session;
}

async function outputOf(session: Session, code: string): Promise<string> {
  const { error, output = "" } = await session.run(code);
  assert.equal(error, undefined);
  return output.trim();
}

test("Python's urllib, http.client and sockets work as they are", async () => {
  const session = await open("python", ["localhost"]);
  assert.equal(
    await outputOf(
      session,
      `import urllib.request, http.client, socket
print(urllib.request.urlopen("http://localhost:${http.port}/a").read().decode())
connection = http.client.HTTPConnection("localhost", ${http.port})
for path in ("/b", "/c"):
    connection.request("POST", path, b"body", {"X-Own": "own"})
    answer = connection.getresponse()
    print(answer.status, answer.read().decode(), answer.getheader("x-answer"))
with socket.create_connection(("localhost", ${tcp.port})) as sock:
    sock.sendall(b"x" * 1_000_000)
    sock.shutdown(socket.SHUT_WR)
    print(sum(iter(lambda: len(sock.recv(65536)), 0)), sock.getpeername() == ("127.0.0.1", ${tcp.port}))`,
    ),
    "GET /a  \n200 POST /b body own yes\n200 POST /c body own yes\n1000000 True",
  );
});

test("sockets of Python time out, do not block, and are polled, as they are asked to", async () => {
  const session = await open("python", ["127.0.0.1"]);
  const code = `import select, socket
sock = socket.create_connection(("127.0.0.1", ${silent.port}))
sock.settimeout(0.01)
try: sock.recv(1)
except TimeoutError as error: print(error)
sock.setblocking(False)
try: sock.recv(1)
except BlockingIOError: print("would block")
print(select.select([sock], [sock], [], 0)[1] == [sock])
other = socket.socket()
other.setblocking(False)
print(other.connect_ex(("127.0.0.1", ${tcp.port})) != 0)
print(select.select([], [other], [])[1] == [other], other.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
other.send(b"hello")
print(select.select([sock, other], [], [])[0] == [other], other.recv(10, socket.MSG_PEEK), other.recv(10))
try: socket.create_connection(("127.0.0.1", 1))
except ConnectionRefusedError: print("refused")`;
  assert.equal(
    await outputOf(session, code),
    "timed out\nwould block\nTrue\nTrue\nTrue 0\nTrue b'hello' b'hello'\nrefused",
  );
});

test("asyncio's streams go on beside other tasks and calls of host functions", async () => {
  const session = await open("python", ["localhost"], { functions: { double: async (n) => 2 * Number(n) } });
  const code = `import asyncio
async def echo(n):
    reader, writer = await asyncio.open_connection("localhost", ${tcp.port})
    writer.write(b"%d\\n" % await double.aio(n))
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return int(line)
print(sum(await asyncio.gather(*map(echo, range(20)))))
async def wait():
    reader, writer = await asyncio.open_connection("localhost", ${silent.port})
    await reader.read(1)
try: await asyncio.wait_for(wait(), 0.01)
except TimeoutError: print("late")`;
  assert.equal(await outputOf(session, code), "380\nlate");
});

test("the host secures connections of Python, and verifies whom they are with", async () => {
  const session = await open("python", ["localhost", "127.0.0.1"]);
  await session.files.write("ca.pem", ca);
  const code = `import asyncio, ssl, urllib.request
url = "https://localhost:${https.port}/"
trusting = ssl.create_default_context(cafile="ca.pem")
print(urllib.request.urlopen(url, context=trusting).read())
def fails(url, context):
    try: urllib.request.urlopen(url, context=context)
    except OSError as error: print(type(error.reason).__name__)
fails(url, None)
trusting.set_alpn_protocols(["http/1.1"])
fails("https://127.0.0.1:${https.port}/", trusting)
print(urllib.request.urlopen(url, context=ssl._create_unverified_context()).read())
reader, writer = await asyncio.open_connection("localhost", ${https.port}, ssl=trusting)
print(writer.get_extra_info("ssl_object").version(), writer.get_extra_info("peercert"))
print(writer.get_extra_info("ssl_object").selected_alpn_protocol())
writer.write(b"GET / HTTP/1.0\\r\\n\\r\\n")
print((await reader.read()).endswith(b"secret"))
writer.close()`;
  assert.equal(
    await outputOf(session, code),
    "b'secret'\nSSLCertVerificationError\nSSLCertVerificationError\nb'secret'\n" +
      "TLSv1.3 {'subjectAltName': (('DNS', 'localhost'),)}\nhttp/1.1\nTrue",
  );
});

test("what was not given fails in one line that says what gives it", async () => {
  const python = await open("python", ["localhost:1"]);
  const message = async (session: Session, code: string) => (await session.run(code)).exception?.message;
  assert.match(
    String(await message(python, 'import socket; socket.create_connection(("example.com", 443))')),
    /^\[Errno -4\] example.com:443 is not among .*--allow-net example.com:443 gives it/,
  );
  assert.match(
    String(await message(python, 'socket.socket().connect(("10.1.2.3", 80))')),
    /10.1.2.3 is not a public address: --allow-net 10.1.2.3:80 gives it/,
  );
  assert.match(String(await message(python, 'socket.socket().bind(("0.0.0.0", 0))')), /cannot be bound/);
  const javascript = await open("javascript", ["localhost:1"]);
  assert.match(
    String(await message(javascript, 'await fetch("http://example.com/")')),
    /example.com:80 is not among .*--allow-net example.com:80/,
  );
  for (const language of ["python", "javascript"] as const) {
    const session = await openSession(engine, language, {});
    opened.push(session);
    const code = language === "python" ? "import socket; socket.socket()" : 'await fetch("http://a/")';
    assert.match(String(await message(session, code)), /given no network: --allow-net HOST\[:PORT\]/);
  }
});

test("connections are no part of a state: after a restore they say so, and new ones work", async () => {
  const session = await open("python", ["127.0.0.1"]);
  const echo = "sock.sendall(b'hi'); print(sock.recv(2))";
  const connect = `import socket; sock = socket.create_connection(("127.0.0.1", ${tcp.port}))`;
  assert.equal(await outputOf(session, `${connect}\n${echo}`), "b'hi'");
  assert.equal(await outputOf(session, echo), "b'hi'");
  const snapshot = await session.snapshot();
  const later = await open("python", ["127.0.0.1"], { snapshot });
  const { exception } = await later.run("sock.recv(1)");
  assert.equal(exception?.type, "ConnectionAbortedError");
  assert.match(
    String(exception?.message),
    /the connection is lost: the session has gone on from a saved state/,
  );
  assert.equal(await outputOf(later, `old = sock\n${connect}\ndel old\n${echo}`), "b'hi'");
  await later.hibernate();
  assert.equal((await later.run("sock.recv(1)")).exception?.type, "ConnectionAbortedError");
  // The one that the state was taken of has kept its own.
  assert.equal(await outputOf(session, echo), "b'hi'");
});

test("waiting for a server that never answers is stopped by maxWaitMs and interrupts, and is not the run's own time", async () => {
  const python = `import urllib.request; urllib.request.urlopen("http://localhost:${silent.port}/")`;
  const javascript = `await fetch("http://localhost:${silent.port}/")`;
  for (const [language, code] of [
    ["python", python],
    ["javascript", javascript],
  ] as const) {
    const session = await open(language, ["localhost"]);
    const late = await session.run(code, { maxWaitMs: 20 });
    assert.equal(late.stopped, "timeout", language);
    assert.match(String(late.error), /waiting/);
    const connected = silent.nextConnection();
    const running = session.run(code, { timeoutMs: 60_000 });
    await connected;
    session.interrupt();
    assert.equal((await running).stopped, "interrupt", language);
    assert.equal((await session.run("1 + 1")).result, "2");
  }
});

test("fetch sends and receives bodies of all kinds, headers and statuses", async () => {
  const session = await open("javascript", ["localhost"]);
  const code = `const base = "http://localhost:${http.port}";
const answer = await fetch(base + "/a", { method: "post", body: "text", headers: { "X-Own": "own" } });
console.log(answer.status, answer.ok, answer.headers.get("X-Answer"), await answer.text(), answer.bodyUsed);
console.log(await (await fetch(base + "/b", { method: "PUT", body: new Uint8Array([104, 105]) })).text());
const stream = new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("streamed")); c.close(); } });
console.log(await (await fetch(new Request(base + "/c", { method: "POST", body: stream }))).text());
const moved = await fetch(base + "/moved");
console.log(moved.redirected, moved.url === base + "/new", (await fetch(base + "/moved", { redirect: "manual" })).status);
let text = "";
for await (const piece of (await fetch(base + "/pieces")).body) text += new TextDecoder().decode(piece);
console.log(text);
const first = await fetch(base + "/d"); const second = first.clone();
console.log(await first.text() === await second.text());
const reader = (await fetch(base + "/pieces")).body.getReader();
console.log((await reader.read()).value instanceof Uint8Array); await reader.cancel();
for (const coding of ["gzip", "deflate", "br"]) console.log(await (await fetch(base + "/coded/" + coding)).text());
console.log((await Promise.all([1, 2, 3].map(async (n) => (await fetch(base + "/" + n)).text()))).length);`;
  assert.equal(
    await outputOf(session, code),
    "200 true yes POST /a text own true\nPUT /b hi \nPOST /c streamed \ntrue true 301\nonetwo\ntrue\ntrue\ndecoded\ndecoded\ndecoded\n3",
  );
});

test("a fetch is given up when its signal is aborted, and the host's end of it too", async () => {
  const session = await open("javascript", ["localhost"]);
  const connected = silent.nextConnection();
  const running = outputOf(
    session,
    `const controller = new AbortController();
setTimeout(() => controller.abort(), 5);
for (const signal of [controller.signal, AbortSignal.timeout(1), AbortSignal.abort("reason"), AbortSignal.any([AbortSignal.timeout(1)])]) {
  await fetch("http://localhost:${silent.port}/", { signal }).catch((error) => console.log(error.name ?? error));
}`,
  );
  await once(await connected, "close");
  assert.equal(await running, "AbortError\nTimeoutError\nreason\nTimeoutError");
});

test("a redirect is followed only to where the code may go", async () => {
  const session = await open("javascript", [`localhost:${http.port}`]);
  const before = tcp.connections;
  const { exception } = await session.run(`await fetch("http://localhost:${http.port}/elsewhere")`);
  assert.match(String(exception?.message), new RegExp(`localhost:${tcp.port} is not among`));
  assert.equal(tcp.connections, before);
});

test("a name is connected to at the addresses that were checked, whatever it means by then", async () => {
  let answers: string[][] = [];
  const lookups: string[] = [];
  const changing = createEngine({
    ...nodePlatform,
    openNetwork: async () => ({
      ...nodeNetwork,
      async lookup(name) {
        lookups.push(name);
        return answers.shift() ?? ["127.0.0.1"];
      },
    }),
  });
  const options = { network: { allow: ["rebind.test", `127.0.0.2:${tcp.port}`] } };
  const python = await openSession(changing, "python", options);
  const javascript = await openSession(changing, "javascript", options);
  opened.push(python, javascript);
  answers = [["127.0.0.1"]];
  const refused = await python.run(`import socket; socket.create_connection(("rebind.test", ${tcp.port}))`);
  assert.match(String(refused.exception?.message), /127.0.0.1, which is not public/);
  answers = [["127.0.0.2", "127.0.0.1", "::ffff:127.0.0.1"]];
  const found = await python.run(`[each[4][0] for each in socket.getaddrinfo("rebind.test", ${tcp.port})]`);
  assert.equal(found.result, "['127.0.0.2']");
  // What it means now does not matter any more.
  const late = await python.run(`socket.socket().connect(("127.0.0.1", ${tcp.port}))`);
  assert.match(String(late.exception?.message), /not a public address/);
  const before = lookups.length;
  answers = [["127.0.0.1"]];
  const fetched = await javascript.run(`await fetch("http://rebind.test:${http.port}/")`);
  assert.match(String(fetched.exception?.message), /not public/);
  assert.equal(lookups.length, before + 1);
});

test("connections and bytes have limits, which say so", async () => {
  const session = await open("python", [], {
    network: { allow: ["127.0.0.1"], maxConnections: 3, maxBytes: 100_000 },
  });
  const code = `import socket
open_sockets = []
try:
    while True: open_sockets.append(socket.create_connection(("127.0.0.1", ${tcp.port})))
except OSError as error: print(len(open_sockets), error.strerror)
open_sockets.pop().close()
open_sockets.append(socket.create_connection(("127.0.0.1", ${tcp.port})))
try:
    while True:
        open_sockets[0].sendall(bytes(10_000))
        open_sockets[0].recv(10_000)
except OSError as error: print(error.strerror)`;
  assert.equal(await outputOf(session, code), "3 No file descriptors available\nNo buffer space available");
});

test("options of the network are checked before anything starts", async () => {
  const refused = async (network: unknown) => {
    await assert.rejects(openSession(engine, "python", { network } as CreateSessionOptions), {
      code: "INVALID_OPTION",
    });
  };
  for (const network of [
    true,
    {},
    { allow: "a" },
    { allow: ["http://a"] },
    { allow: ["a:99999"] },
    { allow: [], maxBytes: 0 },
  ]) {
    await refused(network);
  }
});
