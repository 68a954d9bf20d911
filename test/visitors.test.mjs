// The example of a web server with a session for each visitor.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const example = fileURLToPath(new URL("../examples/visitors.mjs", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "wasm-repl-visitors-"));
const children = new Set();
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

async function serve() {
  const child = spawn(process.execPath, [example, directory, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  const [url] = await new Promise((resolve) =>
    createInterface(child.stdout).once("line", (line) => resolve([line])),
  );
  return {
    async end(signal) {
      child.kill(signal);
      return ended;
    },
    async ask(visitor, body, method = "POST") {
      const headers = visitor.cookie === undefined ? {} : { cookie: visitor.cookie };
      const response = await fetch(url, { method, headers, ...(method === "POST" ? { body } : {}) });
      visitor.cookie = response.headers.get("set-cookie").split(";")[0];
      const text = await response.text();
      return response.status === 200 ? JSON.parse(text) : response.status;
    },
  };
}

test("each visitor has a session, and what was answered outlives a server that is killed", async () => {
  const visitors = Array.from({ length: 5 }, () => ({ count: 0 }));
  let server = await serve();
  for (const visitor of visitors) assert.deepEqual(await server.ask(visitor, "x = []"), {});
  assert.equal(new Set(visitors.map(({ cookie }) => cookie)).size, visitors.length);
  for (let kill = 0; kill < 2; kill++) {
    // Each visitor asks without pause until the server is gone in the middle of it.
    let answers = 0;
    let enough = () => {};
    const busy = new Promise((resolve) => {
      enough = resolve;
    });
    const asking = visitors.map(async (visitor) => {
      for (;;) {
        const { result } = await server.ask(visitor, `x.append(${visitor.count}); len(x)`);
        assert.equal(Number(result), visitor.count + 1);
        visitor.count++;
        if (++answers === 20) enough();
      }
    });
    const asked = Promise.allSettled(asking);
    await busy;
    assert.equal(await server.end("SIGKILL"), "SIGKILL");
    for (const { reason } of await asked) assert.equal(reason.message, "fetch failed");
    server = await serve();
    for (const visitor of visitors) {
      // The cell that was not answered may have had its effect or not.
      const { result } = await server.ask(visitor, "x == list(range(len(x))) and len(x)");
      assert.ok([visitor.count, visitor.count + 1].includes(Number(result)), `${result} of ${visitor.count}`);
      visitor.count = Number(result);
    }
  }
  assert.equal(await server.end("SIGTERM"), 0);
});

test("what is too large, too long or no code is refused, and the visitor's session goes on", async () => {
  const server = await serve();
  const visitor = {};
  await server.ask(visitor, "x = 42");
  assert.equal(await server.ask(visitor, "#".repeat(70_000)), 413);
  assert.equal(await server.ask(visitor, "", "GET"), 405);
  assert.equal((await server.ask(visitor, "while True: pass")).stopped, "timeout");
  assert.match((await server.ask(visitor, "1 / 0")).error, /ZeroDivisionError/);
  assert.equal((await server.ask(visitor, "x")).result, "42");
  const stranger = { cookie: "visitor=../../x" };
  assert.match((await server.ask(stranger, "x")).error, /NameError/);
  assert.equal(await server.end("SIGTERM"), 0);
});
