// Who may ask for what: tokens, prefixes, verbs and limits.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run } from "../commands.mjs";
import { startService, temporaryDirectory } from "./service.mjs";

const folder = temporaryDirectory();
const file = join(folder, "tokens.jsonl");
let service;
const clients = {};

/** A token as the command makes it, with limits. */
async function make(name, prefix, verbs, limits = {}) {
  const args = [
    "token",
    "--name",
    name,
    "--prefix",
    prefix,
    ...(verbs === undefined ? [] : ["--verbs", verbs]),
  ];
  const { stdout, stderr } = await run("wasm-repl", args);
  const [, token] = /: (wr_\S+)\n$/.exec(stderr);
  assert.ok(!stdout.includes(token));
  return { token, line: JSON.stringify({ ...JSON.parse(stdout), limits }) };
}

before(async () => {
  const made = {
    ada: await make("ada", "ada-"),
    bo: await make("bo", "bo-"),
    reader: await make("reader", "ada-", "read"),
    metrics: await make("metrics", "", "metrics"),
    few: await make("few", "few-", undefined, { sessions: 2 }),
    live: await make("live", "live-", undefined, { live_sessions: 1 }),
    small: await make("small", "small-", undefined, { bytes: 100_000 }),
    cpu: await make("cpu", "cpu-", undefined, { cpu_seconds: 1 }),
    slow: await make("slow", "slow-", undefined, { requests_per_minute: 3 }),
  };
  writeFileSync(
    file,
    `# made by a test\n${Object.values(made)
      .map(({ line }) => line)
      .join("\n")}\n`,
  );
  service = await startService({ tokenFile: file });
  for (const [name, { token }] of Object.entries(made)) clients[name] = service.with(token);
});
after(async () => {
  await service.end();
  rmSync(folder, { recursive: true });
});

test("without a token, or with a wrong one, there is nothing but whether the service is there", async () => {
  for (const token of [
    undefined,
    "wr_",
    "x".repeat(1000),
    `${clients.ada.token}x`,
    clients.ada.token.slice(0, -1),
  ]) {
    const { status, body, headers } = await service.with(token).ask("GET", "/v1/sessions");
    assert.deepEqual(
      [status, body.code, headers.get("www-authenticate")],
      [401, "UNAUTHENTICATED", "Bearer"],
    );
    assert.equal((await service.with(token).ask("GET", "/metrics")).status, 401);
  }
  for (const path of ["/healthz", "/readyz", "/v1/openapi.json"])
    assert.equal((await service.ask("GET", path)).status, 200);
});

test("a token allows what its verbs say", async () => {
  await clients.ada.create("ada-1");
  await clients.ada.run("ada-1", "x = 1");
  assert.equal((await clients.reader.ask("GET", "/v1/sessions/ada-1")).status, 200);
  for (const [method, path, body] of [
    ["PUT", "", { language: "python" }],
    ["DELETE", ""],
    ["POST", "/cells", { code: "1" }],
    ["POST", "/cells/x/interrupt"],
    ["POST", "/fork", { key: "ada-2" }],
    ["POST", "/resume", { answers: [] }],
    ["POST", "/reset"],
    ["POST", "/evict"],
    ["GET", "/files/x"],
    ["PUT", "/files/x", new Uint8Array(1)],
    ["DELETE", "/files/x"],
    ["GET", "/snapshot"],
    ["PUT", "/snapshot", new Uint8Array(1)],
  ]) {
    const answer = await clients.reader.ask(method, `/v1/sessions/ada-1${path}`, body);
    assert.deepEqual([answer.status, answer.body.code], [403, "FORBIDDEN"], `${method} ${path}`);
  }
  assert.equal((await clients.reader.ask("POST", "/v1/calls/c1.x", { value: 1 })).status, 403);
  assert.equal((await clients.ada.ask("GET", "/metrics")).status, 403);
  assert.equal((await clients.metrics.ask("GET", "/metrics")).status, 200);
  assert.equal((await clients.metrics.ask("GET", "/v1/sessions")).status, 403);
});

test("a tenant has as many sessions as it may", async () => {
  await clients.few.create("few-1");
  await clients.few.create("few-2");
  const third = await clients.few.ask("PUT", "/v1/sessions/few-3", { language: "python" });
  assert.deepEqual([third.status, third.body.code], [429, "LIMIT_REACHED"]);
  assert.equal((await clients.few.ask("POST", "/v1/sessions/few-1/fork", { key: "few-3" })).status, 429);
  assert.equal((await clients.few.ask("PUT", "/v1/sessions/few-1", { language: "python" })).status, 200);
  await clients.few.ask("DELETE", "/v1/sessions/few-1");
  await clients.few.create("few-3");
});

test("a tenant's live sessions make room for each other", async () => {
  for (const key of ["live-1", "live-2"]) await clients.live.create(key, { language: "javascript" });
  for (const n of [1, 2]) {
    for (const key of ["live-1", "live-2"]) {
      assert.equal(
        (await clients.live.run(key, "globalThis.n = (globalThis.n ?? 0) + 1; n")).result,
        String(n),
      );
    }
  }
  const events = clients.live.events(
    "POST",
    "/v1/sessions/live-1/cells",
    { code: "console.log('on'); while (true);" },
    { "idempotency-key": "loop" },
  );
  while ((await events.next()).value.event !== "output");
  const refused = await clients.live.cell("live-2", "n");
  assert.deepEqual([refused.status, refused.body.code], [429, "LIMIT_REACHED"]);
  assert.ok(refused.headers.get("retry-after"));
  await clients.live.ask("POST", "/v1/sessions/live-1/cells/loop/interrupt");
  for await (const _ of events);
  assert.equal((await clients.live.run("live-2", "n")).result, "2");
});

test("states take no more than they may, and processor time no more than it may", async () => {
  await clients.small.create("small-1");
  await clients.small.run("small-1", "import os; x = os.urandom(200_000)");
  let answer;
  // What is known of it is some seconds old at most.
  do answer = await clients.small.cell("small-1", "y = 1");
  while (answer.status === 200);
  assert.deepEqual([answer.status, answer.body.code], [429, "LIMIT_REACHED"]);
  assert.equal(
    (await clients.small.ask("PUT", "/v1/sessions/small-1/files/x", new Uint8Array(9))).status,
    429,
  );
  assert.equal((await clients.small.ask("DELETE", "/v1/sessions/small-1")).status, 204);
  await clients.cpu.create("cpu-1");
  const work = "import time; end = time.process_time() + 0.6\nwhile time.process_time() < end: pass";
  do answer = await clients.cpu.cell("cpu-1", work);
  while (answer.status === 200);
  assert.deepEqual([answer.status, answer.body.code], [429, "LIMIT_REACHED"]);
  assert.match(answer.body.detail, /processor time of this month/);
});

test("a token asks as often as it may", async () => {
  const statuses = [];
  for (let n = 0; n < 5; n++) statuses.push((await clients.slow.ask("GET", "/v1/sessions")).status);
  assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  const { headers, body } = await clients.slow.ask("GET", "/v1/sessions");
  assert.equal(body.code, "TOO_MANY_REQUESTS");
  assert.ok(Number(headers.get("retry-after")) <= 20);
});

test("the tokens are read again when their file changes, and stay as they were if that is wrong", async () => {
  const next = await make("next", "next-");
  assert.equal((await service.with(next.token).ask("GET", "/v1/sessions")).status, 401);
  writeFileSync(file, "{");
  while (!service.log.some((line) => line.includes("the tokens from before hold on")))
    await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await clients.ada.ask("GET", "/v1/sessions")).status, 200);
  writeFileSync(file, `[${next.line}]`);
  while ((await service.with(next.token).ask("GET", "/v1/sessions")).status !== 200);
  assert.equal((await clients.ada.ask("GET", "/v1/sessions")).status, 401);
});
