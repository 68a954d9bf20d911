// A service's tenants are told apart by their tokens alone. Whatever one asks, it learns nothing of another's sessions, not
// even whether there are any.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../commands.mjs";
import { startService, temporaryDirectory } from "../service/service.mjs";

const folder = temporaryDirectory();
let ada;
let mallory;
let service;
before(async () => {
  const file = join(folder, "tokens");
  const tokens = [];
  const lines = [];
  for (const name of ["ada", "mallory"]) {
    const { stdout, stderr } = await run("wasm-repl", ["token", "--name", name, "--prefix", `${name}-`]);
    tokens.push(/(wr_\S+)\n$/.exec(stderr)[1]);
    lines.push(stdout);
  }
  writeFileSync(file, lines.join(""));
  service = await startService({ tokenFile: file });
  [ada, mallory] = tokens.map((token) => service.with(token));
  await ada.create("ada-secret", { language: "python", functions: { approve: {} } });
  await ada.run("ada-secret", "x = 'the secret'; open('f', 'w').write(x)");
  await mallory.create("mallory-1", { language: "python", functions: { approve: {} } });
  await mallory.run("mallory-1", "x = 1");
});
after(async () => {
  await service.end();
  rmSync(folder, { recursive: true });
});

/** All that can be asked of a session. */
const asked = [
  ["PUT", "", { language: "python" }],
  ["GET", ""],
  ["DELETE", ""],
  ["POST", "/cells", { code: "x" }],
  ["GET", "/cells/c"],
  ["POST", "/cells/c/interrupt"],
  ["GET", "/events"],
  ["GET", "/events?cell=c"],
  ["POST", "/fork", { key: "mallory-2" }],
  ["POST", "/resume", { answers: [] }],
  ["POST", "/reset"],
  ["POST", "/evict"],
  ["GET", "/files/f"],
  ["PUT", "/files/f", new Uint8Array([1])],
  ["DELETE", "/files/f"],
  ["GET", "/snapshot"],
  ["PUT", "/snapshot", new Uint8Array([1])],
];

test("whatever is asked of another's session, the answer is the same as where there is none, and nothing happens", async () => {
  for (const [method, path, body] of asked) {
    const answers = [];
    for (const key of ["ada-secret", "ada-none", "other"]) {
      const { status, body: answer } = await mallory.ask(method, `/v1/sessions/${key}${path}`, body);
      answers.push(JSON.stringify([status, answer]));
    }
    assert.deepEqual(new Set(answers).size, 1, `${method} ${path}: ${answers}`);
    assert.match(answers[0], /^\[403,.*"FORBIDDEN"/);
    assert.doesNotMatch(answers[0], /ada|secret|other/);
  }
  assert.equal((await ada.run("ada-secret", "y = x; y")).result, "'the secret'");
});

test("a test of this file asks for all that the service answers", async () => {
  const { body } = await service.ask("GET", "/v1/openapi.json");
  const all = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = asked.map(([method, path]) => {
    const plain = path
      .replace(/\?.*/, "")
      .replace(/^\/cells\/c/, "/cells/{cell}")
      .replace(/^\/files\/f/, "/files/{path}");
    return `${method} /v1/sessions/{key}${plain}`;
  });
  assert.deepEqual(
    all.filter((operation) => operation.includes("{key}") && !known.includes(operation)),
    [],
  );
});

test("keys that only look like one's own are another's", async () => {
  for (const key of [
    "ada-secret%00mallory-",
    "mallory",
    "Mallory-1",
    "MALLORY-1",
    "%6dallory-1/../ada-secret",
    "mallory-%2f..%2fada-secret",
    "mallory-1%0d%0ax: y",
    "..%2fada-secret",
    "%2e%2e",
  ]) {
    const { status, body } = await mallory.ask("POST", `/v1/sessions/${key}/cells`, { code: "x" });
    assert.ok([403, 404].includes(status), `${key}: ${status} ${JSON.stringify(body)}`);
    assert.doesNotMatch(JSON.stringify(body), /the secret/);
  }
});

test("a list has one's own sessions alone, whatever is asked for", async () => {
  for (const query of [
    "",
    "?prefix=ada-",
    "?prefix=a",
    "?after=ada",
    "?prefix=&after=",
    "?prefix=mallory-&prefix=ada-",
    "?limit=200",
  ]) {
    const { body } = await mallory.ask("GET", `/v1/sessions${query}`);
    assert.doesNotMatch(JSON.stringify(body), /ada-|secret/, query);
  }
});

test("another's call is as unknown as one that never was", async () => {
  const { body } = await ada.cell("ada-secret", "ok = await approve.aio(1)\nok", "c1");
  const [{ call }] = body.result.suspended;
  const theirs = await mallory.ask("POST", `/v1/calls/${call}`, { value: "forged" });
  const none = await mallory.ask("POST", `/v1/calls/${call.slice(0, -4)}AAAA`, { value: "forged" });
  assert.deepEqual([theirs.status, theirs.body], [none.status, none.body]);
  assert.equal(theirs.status, 404);
  // Nor does it help to name it in a session of one's own.
  const { body: own } = await mallory.cell("mallory-1", "ok = await approve.aio(1)\nok", "c1");
  const [{ call: mine }] = own.result.suspended;
  const mixed = await mallory.ask("POST", "/v1/sessions/mallory-1/resume", {
    answers: [
      { call: mine, value: 1 },
      { call, value: "forged" },
    ],
  });
  assert.equal(mixed.status, 404);
  assert.equal(
    (await ada.ask("POST", `/v1/calls/${call}`, { value: "right" })).body.result.result,
    "'right'",
  );
});

test("a fork leads to a key of one's own alone", async () => {
  for (const key of ["ada-secret", "ada-new", "mallory"]) {
    const { status, body } = await mallory.ask("POST", "/v1/sessions/mallory-1/fork", { key });
    assert.deepEqual([status, body.code], [403, "FORBIDDEN"]);
  }
  assert.equal((await ada.ask("GET", "/v1/sessions/ada-new")).status, 404);
});

test("no part of a spec gives a session more than the operator allows", async () => {
  for (const [spec, status] of [
    [{ mounts: [{ hostPath: "/", guestPath: "/host", mode: "rw" }] }, 400],
    [{ runtimeDirectory: "/tmp" }, 400],
    [{ runtime_directory: "/tmp" }, 400],
    [{ packages: { findLinks: ["/"] } }, 400],
    [{ packages: "../../etc/passwd" }, 403],
    [{ packages: "__proto__" }, 403],
    [{ network: { allow: ["*"] } }, 403],
    [{ network: { allow: ["127.0.0.1"] } }, 403],
    [{ network: { allow: [], maxBytes: 1 } }, 400],
    [{ memory_bytes: 2 ** 32 }, 403],
    [{ timeout_ms: 10 ** 9 }, 403],
    [{ max_output_bytes: 10 ** 9 }, 403],
    [{ max_files: 10 ** 9 }, 403],
    [{ trace: true }, 400],
    [{ checkpoints: true }, 400],
    [{ functions: { f: { run: "x" } } }, 400],
    [JSON.parse('{"__proto__":{"mounts":[]}}'), 400],
    [{ env: { "A=B": "x" } }, 400],
    [{ env: { A: 1 } }, 400],
  ]) {
    const { body, status: given } = await mallory.ask("PUT", "/v1/sessions/mallory-more", {
      language: "python",
      ...spec,
      ...(Object.hasOwn(spec, "__proto__") ? { x: 1 } : {}),
    });
    assert.equal(given, status, `${JSON.stringify(spec)}: ${JSON.stringify(body)}`);
  }
});
