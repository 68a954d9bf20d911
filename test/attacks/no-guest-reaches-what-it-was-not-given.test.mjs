// A guest with some network tries to reach what is on this machine, and the host's end of its calls.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { createSession } from "wasm-repl";

let server;
let port;
let requests = 0;
const sessions = [];

before(async () => {
  server = createServer((_request, response) => {
    requests++;
    response.end("reached");
  });
  await new Promise((resolve) => server.listen(0, "::", resolve));
  port = server.address().port;
});
after(async () => {
  await Promise.all(sessions.map((session) => session.close()));
  server.close();
});

async function open(language, allow, options = {}) {
  const session = await createSession(language, { network: { allow }, ...options });
  sessions.push(session);
  return session;
}

const forms = [
  "127.0.0.1",
  "2130706433",
  "0x7f000001",
  "0x7f.1",
  "0177.0.0.1",
  "127.1",
  "0.0.0.0",
  "0",
  "::1",
  "::",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "localhost",
  "LOCALHOST.",
];

test("no form of this machine's address is reached by Python that was given the public internet", async () => {
  const session = await open("python", ["*"]);
  const { output, error } = await session.run(`import socket
for form in ${JSON.stringify(forms)}:
    for reach in (
        lambda: socket.create_connection((form, ${port})),
        lambda: socket.socket().connect((form, ${port})),
        lambda: socket.socket(socket.AF_INET6).connect((form, ${port})),
    ):
        try:
            reach()
            print("REACHED", form)
        except OSError:
            pass
print("done")`);
  assert.equal(error, undefined);
  assert.equal(output, "done\n");
  assert.equal(requests, 0);
});

test("no form of this machine's address is fetched by JavaScript that was given the public internet", async () => {
  const session = await open("javascript", ["*"]);
  const { output, error } = await session.run(`for (const form of ${JSON.stringify(forms)}) {
    const host = form.includes(":") ? "[" + form + "]" : form;
    for (const url of ["http://" + host, "http://user@" + host, "http://example.invalid@" + host]) {
      const answer = await fetch(url + ":${port}/", { headers: { host: "example.com" } }).catch(() => undefined);
      if (answer !== undefined) console.log("REACHED", url);
    }
  }
  console.log("done")`);
  assert.equal(error, undefined);
  assert.equal(output, "done\n");
  assert.equal(requests, 0);
});

test("calls that a guest forges of the host reach no more than its own would", async () => {
  const session = await open("python", ["example.invalid"]);
  const { output, error } = await session.run(`import json, os
def frame(head, *parts):
    head = json.dumps(head).encode()
    sizes = b"".join(len(part).to_bytes(4, "little") for part in parts)
    rest = len(parts).to_bytes(4, "little") + sizes + head + b"".join(parts)
    return len(rest).to_bytes(4, "little") + rest
def call(id, name, given):
    os.write(1022, frame({"call": id, "name": name}, json.dumps([[given], {}]).encode()))
    os.write(1022, frame({"wait": 2000}))
    return os.read(1022, 65536)
for id, (name, given) in enumerate([
    ("net:connect", {"address": "127.0.0.1", "port": ${port}}),
    ("net:connect", {"address": "localhost", "port": ${port}}),
    ("net:fetch", {"url": "http://127.0.0.1:${port}/", "method": "GET", "headers": []}),
    ("net:fetch", {"url": "file:///etc/passwd", "method": "GET", "headers": []}),
    ("net:fetch", {"url": "http://127.0.0.1:${port}/", "method": "GET /\\r\\n", "headers": []}),
    ("net:fetch", {"url": {"toString": 1}, "method": [], "headers": {}}),
    ("net:lookup", {"host": "localhost"}),
    ("net:receive", {"id": {"__proto__": None}}),
    ("net:send", {"id": 1, "bytes": "text"}),
    ("net:secure", {"id": "constructor"}),
    ("net:__proto__", {}),
    ("net:constructor", None),
    ("net:close", []),
], 1000):
    answer = call(id, name, given)
    print(name, b"throw" in answer or b"null" in answer)
# Numbers that the host has for its own.
os.write(1022, frame({"call": -1, "name": "net:connect"}, b'[[{}],{}]'))
os.write(1022, frame({"cancel": -1}))`);
  assert.equal(error, undefined);
  assert.equal(output.includes("False"), false, output);
  assert.equal(output.split("\n").length, 14);
  assert.equal(requests, 0);
  assert.equal((await session.run("1 + 1")).result, "2");
});

test("a flood of calls to the network that nobody takes answers of costs the session nothing", async () => {
  const session = await open("python", ["example.invalid"]);
  const { error, stopped } = await session.run(`import os
head = b'{"call":%d,"name":"net:close"}'
arguments = b"[[{}],{}]"
for id in range(1, 20_001):
    rest = (1).to_bytes(4, "little") + len(arguments).to_bytes(4, "little") + head % id + arguments
    os.write(1022, len(rest).to_bytes(4, "little") + rest)`);
  assert.equal(error, undefined);
  assert.equal(stopped, undefined);
  assert.equal((await session.run("1 + 1")).result, "2");
});

test("what a fork or a restored session may reach is what it is given itself", async () => {
  const given = await open("python", ["127.0.0.1"]);
  const reach = `import socket; socket.create_connection(("127.0.0.1", ${port})).close()`;
  assert.equal((await given.run(reach)).error, undefined);
  const snapshot = await given.snapshot();
  const restored = await createSession("python", { snapshot });
  sessions.push(restored);
  assert.match(String((await restored.run(reach)).error), /given no network/);
  const fork = await given.fork({ network: { allow: [] } });
  sessions.push(fork);
  assert.match(String((await fork.run(reach)).error), /not a public address/);
});
