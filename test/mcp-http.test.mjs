// The Model Context Protocol over HTTP on the loopback address.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { Client as EarlierClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as EarlierTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { run, start } from "./commands.mjs";
import { textOf } from "./mcp-clients.mjs";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-mcp-http-"));
after(() => rmSync(folder, { recursive: true }));

const about = { name: "test", version: "1.0.0" };
const kinds = {
  "the current client": () => [
    new Client(about, { versionNegotiation: { mode: "auto" } }),
    StreamableHTTPClientTransport,
  ],
  "the current client without negotiation": () => [new Client(about), StreamableHTTPClientTransport],
  "the client of the major version before": () => [new EarlierClient(about), EarlierTransport],
};

/** A server that listens: its address, and its token if it has made one. */
async function listen(name, args = []) {
  const child = start(name, ["--mcp", "--http", "0", ...args]);
  let told = "";
  await new Promise((resolve, reject) => {
    child.on("close", () => reject(new Error(told)));
    child.stderr.on("data", (chunk) => {
      told += chunk;
      if (told.includes("\n")) resolve();
    });
  });
  const [, url, token] = /serving at (\S+)(?: with the token (\S+))?\n/.exec(told);
  return {
    url: new URL(url),
    token,
    async end() {
      child.kill();
      await new Promise((resolve) => child.on("close", resolve));
    },
  };
}

async function clientOf(kind, { url }, token) {
  const [client, Transport] = kinds[kind]();
  const transport = new Transport(url, { requestInit: { headers: { authorization: `Bearer ${token}` } } });
  await client.connect(transport);
  return {
    client,
    transport,
    run: async (code, options) =>
      client.callTool(
        { name: "run_python", arguments: { code } },
        ...(Transport === EarlierTransport ? [undefined, options] : [options]),
      ),
    async close() {
      await transport.terminateSession?.();
      await client.close();
    },
  };
}

describe("pyrunner --mcp --http", () => {
  let server;
  before(async () => {
    server = await listen("pyrunner");
  });
  after(() => server.end());

  /** A plain request: its status, and its body as text. */
  function plain(headers = {}, { method = "POST", path = "/mcp", body = "{}" } = {}) {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: "127.0.0.1",
          port: server.url.port,
          method,
          path,
          headers: {
            authorization: `Bearer ${server.token}`,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            ...headers,
          },
        },
        (answer) => {
          let text = "";
          answer.on("data", (chunk) => {
            text += chunk;
          });
          answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        },
      );
      sent.on("error", reject);
      sent.end(body);
    });
  }

  for (const kind of Object.keys(kinds)) {
    test(`${kind} runs code, whose state stays, and hears its progress`, async () => {
      const { run, close } = await clientOf(kind, server, server.token);
      await run("x = 6");
      const heard = [];
      const { content } = await run("print('begun')\nx * 7", {
        onprogress: ({ message }) => heard.push(message),
      });
      assert.equal(textOf({ content }), "begun\n42");
      assert.deepEqual(heard, ["begun\n"]);
      await close();
    });

    test(`what ${kind} cancels is stopped`, async () => {
      const { run, close } = await clientOf(kind, server, server.token);
      const abort = new AbortController();
      let heard;
      const isHeard = new Promise((resolve) => {
        heard = resolve;
      });
      const answer = run("y = 1\nprint('begun', flush=True)\nwhile True: pass", {
        onprogress: heard,
        signal: abort.signal,
      });
      answer.catch(() => {});
      await isHeard;
      abort.abort();
      await assert.rejects(answer);
      assert.equal(textOf(await run("y")), "1");
      await close();
    });
  }

  test("each connection of the earlier revision has sessions of its own, which end with it", async () => {
    const kind = "the client of the major version before";
    const [one, two] = [
      await clientOf(kind, server, server.token),
      await clientOf(kind, server, server.token),
    ];
    await one.run("mine = 1");
    assert.match(textOf(await two.run("mine")), /NameError/);
    const id = one.transport.sessionId;
    await one.close();
    const { status } = await plain(
      { "mcp-session-id": id },
      { body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }) },
    );
    assert.equal(status, 404);
    await two.close();
  });

  test("a request without the token is refused, and told so", async () => {
    for (const authorization of [
      "",
      "Bearer ",
      "Bearer x",
      `Basic ${server.token}`,
      `Bearer ${server.token}x`,
    ]) {
      const { status, headers } = await plain({ authorization });
      assert.equal(status, 401);
      assert.equal(headers["www-authenticate"], "Bearer");
    }
  });

  test("a request with another Host or Origin is refused, whatever its token", async () => {
    const { port } = server.url;
    for (const headers of [
      { host: `evil.example:${port}` },
      { host: "127.0.0.1" },
      { host: `127.0.0.1.evil.example:${port}` },
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: `https://localhost:${port}` },
      { origin: `http://localhost:${Number(port) + 1}` },
    ]) {
      assert.equal((await plain(headers)).status, 403, JSON.stringify(headers));
    }
    assert.notEqual((await plain({ origin: `http://localhost:${port}` })).status, 403);
  });

  test("what is no request of the protocol is refused", async () => {
    assert.equal((await plain({}, { path: "/" })).status, 404);
    assert.equal((await plain({}, { method: "PUT" })).status, 405);
    assert.equal((await plain({ "content-type": "text/plain" })).status, 415);
    assert.equal((await plain({}, { body: "{" })).status, 400);
    assert.equal((await plain({}, { body: "[".repeat(1000) })).status, 400);
    assert.equal((await plain({}, { body: `[${"{},".repeat(200)}{}]` })).status, 400);
    const unknown = { "mcp-session-id": "00000000-0000-0000-0000-000000000000" };
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
    assert.equal((await plain({}, { body: list })).status, 400);
    assert.equal((await plain(unknown, { body: list })).status, 404);
  });

  test("a body that is too large is refused before it is read", async () => {
    const { status } = await new Promise((resolve, reject) => {
      const socket = connectSocket(server.url.port, "127.0.0.1");
      socket.on("error", reject);
      socket.write(
        `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${server.url.port}\r\nAuthorization: Bearer ${server.token}\r\n` +
          "Content-Type: application/json\r\nContent-Length: 100000000\r\n\r\n{",
      );
      socket.once("data", (data) => {
        resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(data)?.[1]) });
        socket.destroy();
      });
    });
    assert.equal(status, 413);
  });
});

test("each token of a file has sessions of its own, and reaches no connection of another", async () => {
  const tokens = ["a".repeat(16), "b".repeat(16)];
  const path = join(folder, "tokens");
  writeFileSync(path, `# two clients\n${tokens.join("\n")}\n`);
  const server = await listen("pyrunner", ["--token-file", path]);
  assert.equal(server.token, undefined);
  try {
    const kind = "the current client";
    const [one, two] = [await clientOf(kind, server, tokens[0]), await clientOf(kind, server, tokens[1])];
    await one.run("mine = 1");
    assert.match(textOf(await two.run("mine")), /NameError/);
    // Of the later revision, a client is its token.
    const again = await clientOf(kind, server, tokens[0]);
    assert.equal(textOf(await again.run("mine")), "1");
    for (const each of [one, two, again]) await each.close();

    const owned = await clientOf("the current client without negotiation", server, tokens[0]);
    const stolen = await fetch(server.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tokens[1]}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": owned.transport.sessionId,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" }),
    });
    assert.equal(stolen.status, 404);
    await owned.close();
  } finally {
    await server.end();
  }
});

test("with --session a token's sessions are there for the next server", async () => {
  const token = "c".repeat(20);
  const path = join(folder, "token");
  writeFileSync(path, token);
  const args = ["--token-file", path, "--session", join(folder, "states")];
  for (const code of ["kept = 5\nkept", "kept"]) {
    const server = await listen("pyrunner", args);
    try {
      const client = await clientOf("the client of the major version before", server, token);
      assert.equal(textOf(await client.run(code)), "5");
      await client.close();
    } finally {
      await server.end();
    }
  }
});

test("what cannot be served is refused with a line", async () => {
  const path = join(folder, "short");
  writeFileSync(path, "short\n");
  for (const [args, reason] of [
    [["--http", "70000"], /--http takes a port from 0 to 65535/],
    [["--http", "0", "--token-file", path], /a token has 16 characters at least/],
    [["--http", "0", "--token-file", join(folder, "none")], /there is no such file/],
    [["--http", "0", "--max-memory", "1M"], /memory/],
  ]) {
    const { code, stderr } = await run("pyrunner", ["--mcp", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, reason);
    assert.equal(stderr.trimEnd().split("\n").length, 1);
  }
});
