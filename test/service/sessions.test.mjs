// Sessions over HTTP: what is made, run, found again and removed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSession } from "wasm-repl";
import { gathered, startService } from "./service.mjs";

let service;
before(async () => {
  service = await startService({ maxHot: 3, limits: { timeoutMs: 20_000 } });
});
after(() => service.end());

test("a session is made once: the same spec again gives the same one, another spec is refused", async () => {
  const spec = { language: "python", env: { A: "1", B: "2" } };
  const first = await service.ask("PUT", "/v1/sessions/once", spec);
  assert.equal(first.status, 201);
  assert.equal(first.body.key, "once");
  const again = await service.ask("PUT", "/v1/sessions/once", {
    env: { B: "2", A: "1" },
    language: "python",
  });
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, first.body);
  const other = await service.ask("PUT", "/v1/sessions/once", { language: "python" });
  assert.deepEqual([other.status, other.body.code], [409, "SESSION_EXISTS"]);
  assert.equal((await service.run("once", "import os; os.environ['A'] + os.environ['B']")).result, "'12'");
});

test("cells go on from each other, in both languages, and their results are those of the library", async () => {
  await service.create("py");
  await service.run("py", "x = [1]");
  const { body } = await service.cell(
    "py",
    { code: "x.append(2); print(x)\nx", value: true, details: true },
    "c:2",
  );
  assert.deepEqual([body.cell, body.status, body.attempts], ["c:2", "ended", 1]);
  const { duration_ms, cpu_ms, memory_bytes, ...result } = body.result;
  assert.deepEqual(result, { output: "[1, 2]\n", stdout: "[1, 2]\n", result: "[1, 2]", value: [1, 2] });
  assert.ok(duration_ms >= 0 && cpu_ms >= 0 && memory_bytes > 0);
  await service.create("js", { language: "javascript" });
  await service.run("js", "let n: number = 41", "ts").catch(() => {});
  assert.equal(
    (await service.run("js", { code: "let n: number = 41; n + 1", language: "typescript" })).result,
    "42",
  );
  const failed = await service.run("py", "1 / 0");
  assert.equal(failed.exception.type, "ZeroDivisionError");
});

test("a cell takes effect once: asked again it gives its answer, and something else is refused", async () => {
  await service.create("counter");
  await service.run("counter", "n = 0");
  const request = { code: "n += 1; n" };
  const answers = await Promise.all([1, 2, 3].map(() => service.cell("counter", request, "add")));
  for (const { status, body } of answers) {
    assert.equal(status, 200);
    assert.equal(body.result.result, "1");
  }
  const other = await service.cell("counter", { code: "n += 2; n" }, "add");
  assert.deepEqual([other.status, other.body.code], [409, "CELL_CONFLICT"]);
  const withMore = await service.cell("counter", { ...request, value: true }, "add");
  assert.equal(withMore.body.code, "CELL_CONFLICT");
  const quoted = await service.cell("counter", request, '"add"');
  assert.equal(quoted.body.cell, "add");
  const found = await service.ask("GET", "/v1/sessions/counter/cells/add");
  assert.equal(found.body.result.result, "1");
  assert.equal((await service.run("counter", "n + 0 ; n")).result, "1");
});

test("more sessions than have interpreters go on, each with what it had", async () => {
  const keys = Array.from({ length: 8 }, (_, index) => `many-${index}`);
  await Promise.all(keys.map((key) => service.create(key, { language: "javascript" })));
  for (const round of [1, 2]) {
    const results = await Promise.all(
      keys.map((key) => service.run(key, "globalThis.n = (globalThis.n ?? 0) + 1; n")),
    );
    assert.deepEqual(
      results.map(({ result }) => result),
      keys.map(() => String(round)),
    );
  }
  const { body } = await service.ask("GET", "/metrics");
  const hot = Number(/^wasm_repl_hot_sessions (\d+)$/m.exec(new TextDecoder().decode(body))[1]);
  assert.ok(hot <= 3, `${hot} are hot`);
});

test("an interpreter that was given up is made again as it was: its clock, its numbers and where it stood", async () => {
  await service.create("evicted", { language: "python", deterministic: { seed: 7 }, cwd: "/tmp" });
  const first = await service.run(
    "evicted",
    "import random, os; os.chdir('/'); random.seed(3); random.random(); os.getcwd()",
  );
  assert.equal(first.result, "'/'");
  const expected = await createSession("python");
  await expected.run("import random; random.seed(3); random.random()");
  const { result } = await expected.run("(random.random(), 1)[0]");
  await expected.close();
  assert.equal((await service.ask("POST", "/v1/sessions/evicted/evict")).status, 204);
  assert.equal((await service.run("evicted", "r = random.random(); r")).result, result);
  assert.equal((await service.run("evicted", "d = os.getcwd(); d")).result, "'/'");
});

test("a code that ends its interpreter costs its cell alone", async () => {
  await service.create("crash", { language: "python", memory_bytes: 64 * 1024 * 1024 });
  await service.run("crash", "kept = 'yes'");
  const stopped = await service.run("crash", {
    code: "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    timeout_ms: 300,
  });
  assert.equal(stopped.stopped, "timeout");
  const ended = await service.run("crash", "import os; gone = 1; os._exit(3)");
  assert.equal(ended.state, "rolled_back");
  assert.equal(ended.lost_runs, undefined);
  assert.equal((await service.run("crash", "(kept, 'gone' in globals())[0:2]")).result, "('yes', False)");
});

test("events tell output as it is written, and end with the answer of JSON", async () => {
  await service.create("events");
  const request = { code: "import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n5 + 0" };
  const all = await gathered(
    service.events("POST", "/v1/sessions/events/cells", request, { "idempotency-key": "e1" }),
  );
  assert.deepEqual(
    all.map(({ event }) => event),
    ["attempt", "output", "output", "output", "result"],
  );
  assert.deepEqual(
    all.slice(1, -1).map(({ data: { stream, text } }) => [stream, text]),
    [
      ["stdout", "a\n"],
      ["stderr", "b\n"],
      ["stdout", "c\n"],
    ],
  );
  const { body } = await service.ask("GET", "/v1/sessions/events/cells/e1");
  assert.deepEqual(all.at(-1).data.result, body.result);
  // Whoever comes back goes on behind what it had, and whoever comes late is told the end.
  const rest = await gathered(
    service.events("GET", "/v1/sessions/events/events?cell=e1", undefined, { "last-event-id": all[2].id }),
  );
  assert.deepEqual(
    rest.map(({ event, data }) => [event, data.text]),
    [
      ["output", "c\n"],
      ["result", undefined],
    ],
  );
  await service.ask("POST", "/v1/sessions/events/evict");
  const late = await gathered(service.events("GET", "/v1/sessions/events/events?cell=e1"));
  assert.deepEqual(
    late.map(({ event, data }) => [event, data.status]),
    [["result", "ended"]],
  );
});

test("a session's events are those of all its cells", async () => {
  await service.create("all");
  const seen = service.events("GET", "/v1/sessions/all/events");
  const first = seen.next();
  await service.run("all", "print(1)", "one");
  await service.run("all", "print(2)", "two");
  const cells = [(await first).value];
  while (cells.length < 6) cells.push((await seen.next()).value);
  await seen.return();
  assert.deepEqual(
    cells.map(({ event, data }) => `${data.cell} ${event}`),
    ["one attempt", "one output", "one result", "two attempt", "two output", "two result"],
  );
});

test("a cell is interrupted while it runs, and while it waits for its turn", async () => {
  await service.create("stop");
  const running = service.events(
    "POST",
    "/v1/sessions/stop/cells",
    { code: "print('on'); import time\nwhile True: time.sleep(0.01)" },
    { "idempotency-key": "loop" },
  );
  while ((await running.next()).value.event !== "output");
  const waiting = service.cell("stop", "done = 1", "next");
  const interrupt = (cell) => service.ask("POST", `/v1/sessions/stop/cells/${cell}/interrupt`);
  while ((await interrupt("next")).status !== 204);
  assert.equal((await interrupt("loop")).status, 204);
  const { data } = (await gathered(running)).at(-1);
  assert.deepEqual([data.result.stopped, data.result.state], ["interrupt", "kept"]);
  assert.equal((await waiting).body.result.stopped, "interrupt");
  assert.equal((await service.run("stop", "('done' in globals(), 1)[0]")).result, "False");
  assert.deepEqual(
    [(await interrupt("loop")).status, (await interrupt("loop")).body.code],
    [409, "NOT_RUNNING"],
  );
  assert.equal((await interrupt("none")).status, 404);
});

test("a fork goes on by itself, with numbers of its own", async () => {
  await service.create("tree");
  await service.run("tree", "import random; x = 1");
  const { status } = await service.ask("POST", "/v1/sessions/tree/fork", { key: "branch" });
  assert.equal(status, 201);
  await service.run("branch", "x = 2");
  assert.equal((await service.run("tree", "y = x; y")).result, "1");
  assert.equal((await service.run("branch", "y = x; y")).result, "2");
  const numbers = await Promise.all(
    ["tree", "branch"].map(async (key) => (await service.run(key, "r = random.getrandbits(64); r")).result),
  );
  assert.notEqual(numbers[0], numbers[1]);
  const again = await service.ask("POST", "/v1/sessions/tree/fork", { key: "branch" });
  assert.deepEqual([again.status, again.body.code], [409, "SESSION_EXISTS"]);
});

test("files are read, written, listed and removed, and are the code's own", async () => {
  await service.create("files");
  const at = (path) => `/v1/sessions/files/files/${path}`;
  const bytes = new Uint8Array([0, 1, 255]);
  assert.equal((await service.ask("PUT", at("in/data.bin"), bytes)).body.errno, "ENOENT");
  assert.equal((await service.ask("PUT", at("in/data.bin?parents"), bytes)).status, 204);
  assert.equal(
    (await service.run("files", "b = open('in/data.bin', 'rb').read(); list(b)")).result,
    "[0, 1, 255]",
  );
  await service.ask("POST", "/v1/sessions/files/evict");
  assert.deepEqual((await service.ask("GET", at("in/data.bin"))).body, bytes);
  assert.deepEqual((await service.ask("GET", at("/home/user/in/data.bin"))).body, bytes);
  assert.deepEqual((await service.ask("GET", at("in?list"))).body.entries, [
    { name: "data.bin", type: "file", bytes: 3 },
  ]);
  assert.equal((await service.ask("GET", at("in/data.bin?stat"))).body.bytes, 3);
  assert.equal((await service.ask("DELETE", at("in"))).body.errno, "ENOTEMPTY");
  assert.equal((await service.ask("DELETE", at("in?recursive"))).status, 204);
  assert.deepEqual([(await service.ask("GET", at("in"))).status], [404]);
  assert.equal((await service.ask("PUT", at("sub?directory"))).status, 204);
  assert.equal((await service.run("files", "import os; os.listdir()")).result, "['sub']");
});

test("a snapshot goes to the library and comes back, whole and after many cells", async () => {
  await service.create("snap");
  assert.equal((await service.ask("GET", "/v1/sessions/snap/snapshot")).status, 404);
  for (let n = 0; n < 40; n++) await service.run("snap", `x = ${n}`);
  const { body } = await service.ask("GET", "/v1/sessions/snap/snapshot");
  const session = await createSession("python", { snapshot: body });
  assert.equal((await session.run("y = x; y")).result, "39");
  await session.run("x = 'from the library'");
  const snapshot = await session.snapshot();
  await session.close();
  await service.create("snap-2");
  assert.equal((await service.ask("PUT", "/v1/sessions/snap-2/snapshot", snapshot)).status, 204);
  assert.equal((await service.run("snap-2", "y = x; y")).result, "'from the library'");
  const wrong = await service.ask("PUT", "/v1/sessions/snap-2/snapshot", new Uint8Array(100));
  assert.deepEqual([wrong.status, wrong.body.code], [422, "INVALID_SNAPSHOT"]);
  assert.equal((await service.run("snap-2", "y = x; y")).result, "'from the library'");
});

test("a session begins anew after a reset, and is gone when it is removed", async () => {
  await service.create("reset");
  await service.run("reset", "x = 1");
  assert.equal((await service.ask("POST", "/v1/sessions/reset/reset")).status, 204);
  assert.equal((await service.run("reset", "('x' in globals(), 1)[0]")).result, "False");
  const running = service.cell("reset", "import time\nwhile True: time.sleep(0.01)", "endless");
  while ((await service.ask("GET", "/v1/sessions/reset/cells/endless")).status !== 200);
  assert.equal((await service.ask("DELETE", "/v1/sessions/reset")).status, 204);
  assert.ok([200, 503].includes((await running).status));
  for (const [method, path] of [
    ["GET", ""],
    ["DELETE", ""],
    ["GET", "/cells/endless"],
  ]) {
    assert.equal((await service.ask(method, `/v1/sessions/reset${path}`)).status, 404);
  }
  await service.create("reset");
  assert.equal((await service.run("reset", "('x' in globals(), 1)[0]")).result, "False");
});

test("a list has all sessions, a page at a time", async () => {
  for (const n of [3, 1, 2]) await service.create(`list-${n}`);
  const page = async (query) => (await service.ask("GET", `/v1/sessions?${query}`)).body;
  const first = await page("prefix=list-&limit=2");
  assert.deepEqual(
    first.sessions.map(({ key }) => key),
    ["list-1", "list-2"],
  );
  const second = await page(`prefix=list-&limit=2&after=${first.next}`);
  assert.deepEqual(
    second.sessions.map(({ key }) => key),
    ["list-3"],
  );
  assert.equal(second.next, undefined);
  assert.equal((await service.ask("GET", "/v1/sessions?limit=0")).status, 400);
});

test("a state that is too large for the store is kept beside it, and chains are made shorter", async () => {
  await service.create("large");
  await service.run("large", "import os; data = os.urandom(600_000)");
  for (let n = 0; n < 20; n++) await service.run("large", `data = os.urandom(600_000); n = ${n}`);
  await service.ask("POST", "/v1/sessions/large/evict");
  assert.equal((await service.run("large", "(len(data), n)[0:2]")).result, "(600000, 19)");
  const bytes = async () => (await service.ask("GET", "/v1/sessions/large")).body.state_bytes;
  // In the background.
  while ((await bytes()) > 8_000_000) await service.run("large", "n += 1");
});

test("what is wrong with a request is told in one line", async () => {
  await service.create("wrong");
  for (const [method, path, body, status, detail] of [
    ["PUT", "wrong-2", { langauge: "python" }, 400, /no member "langauge"; did you mean language\?/],
    ["PUT", "wrong-2", { language: "ruby" }, 400, /language/],
    ["PUT", "wrong-2", { language: "python", timeout_ms: 1e9 }, 403, /timeout_ms is 20000 at most/],
    ["PUT", "wrong-2", { language: "python", network: { allow: ["example.com"] } }, 403, /does not allow/],
    [
      "PUT",
      "wrong-2",
      { language: "python", packages: "numpy" },
      403,
      /no such set of packages; it has none/,
    ],
    ["PUT", "wrong-2", { language: "python", mounts: [] }, 400, /no member "mounts"/],
    ["PUT", "wrong-2", { language: "python", functions: { f: { descripton: "" } } }, 400, /functions\.f/],
    ["PUT", "wrong-2", { language: "python", cwd: "tmp" }, 400, /cwd must be an absolute guest path/],
    ["PUT", "wrong~2", { language: "python" }, 404, /no such session/],
    ["POST", "wrong/cells", {}, 400, /code/],
    [
      "POST",
      "wrong/cells",
      { code: "1", language: "typescript" },
      400,
      /language is for sessions of JavaScript/,
    ],
    ["POST", "wrong/cells", { code: "1", timeout_ms: 60_000 }, 403, /timeout_ms is 20000 at most/],
    ["POST", "none/cells", { code: "1" }, 404, /no such session/],
    ["POST", "wrong/resume", { answers: [] }, 409, /waits for that/],
    ["PATCH", "wrong", {}, 405, /this address takes/],
    ["GET", "wrong/nothing", undefined, 404, /nothing at this address/],
  ]) {
    const answer = await service.ask(method, `/v1/sessions/${path}`, body);
    assert.equal(
      answer.status,
      status,
      `${method} ${path} ${JSON.stringify(body)}: ${JSON.stringify(answer.body)}`,
    );
    assert.match(answer.body.detail, detail);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
  }
});

test("the description of the service has every address that answers, and the schemas that check", async () => {
  const { body } = await service.ask("GET", "/v1/openapi.json");
  assert.equal(body.openapi, "3.1.0");
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.ok(operations.includes("POST /v1/sessions/{key}/cells"));
  for (const operation of operations) {
    const [method, path] = operation.split(" ");
    const filled = path.replace("{key}", "none").replace(/\{\w+\}/g, "x");
    const { body: answer } = await service.ask(method, filled, method === "GET" ? undefined : {});
    assert.notEqual(answer.detail, "there is nothing at this address", operation);
  }
  const references = JSON.stringify(body).match(/#\/components\/schemas\/\w+/g);
  for (const reference of references)
    assert.ok(body.components.schemas[reference.split("/").at(-1)], reference);
});
