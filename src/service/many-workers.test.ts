import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Membership, Store } from "./store/store.js";
import { StoreUnavailable } from "./store/store-unavailable.js";
import { startTestWorkers, type TestWorker, type TestWorkers } from "./test-workers.js";

let workers: TestWorkers;
before(async () => {
  workers = await startTestWorkers();
});
after(() => workers.end());

const create = (worker: TestWorker, key: string, spec: object = {}) =>
  worker.ask("PUT", `/v1/sessions/${key}`, { language: "javascript", ...spec });

/** A store whose worker can be made to lose its membership, as if its process had ended or slept too long. */
function losing(store: Store): { store: Store; lose(): Promise<void> } {
  let lose = async () => {};
  return {
    store: {
      ...store,
      async join(description) {
        const membership = await store.join(description);
        let tell: (reason: Error) => void = () => {};
        const lost = new Promise<Error>((resolve) => {
          tell = resolve;
        });
        lose = async () => {
          await membership.leave();
          tell(new Error("the test takes it away"));
        };
        return { ...membership, lost } satisfies Membership;
      },
    },
    lose: () => lose(),
  };
}

test("any worker takes any request: the owner is asked for it, and its answer is passed on as it comes", async () => {
  const [a, b] = [await workers.start(), await workers.start()];
  await create(a, "any");
  assert.equal((await a.run("any", "let n = 1; n")).body.result.result, "1");
  assert.equal((await b.run("any", "++n", "second")).body.result.result, "2");
  assert.equal((await a.run("any", "++n", "second")).body.result.result, "2");
  const conflict = await b.run("any", "--n", "second");
  assert.deepEqual([conflict.status, conflict.body.code], [409, "CELL_CONFLICT"]);
  const running = await b.until(
    "POST",
    "/v1/sessions/any/cells",
    { code: "console.log('on'); while (true);" },
    /event: output/,
  );
  const [, cell] = /"cell":"([^"]+)"/.exec(running.text) ?? [];
  const listening = b.until("GET", `/v1/sessions/any/events?cell=${cell}`, undefined, /event: output/);
  assert.match((await listening).text, /"text":"on\\n"/);
  assert.equal((await b.ask("POST", `/v1/sessions/any/cells/${cell}/interrupt`)).status, 204);
  assert.match(await running.rest, /"stopped":"interrupt"/);
  const file = await fetch(`${b.service.url}/v1/sessions/any/files/x`, { method: "PUT", body: "hello" });
  assert.equal(file.status, 204);
  assert.equal(await (await fetch(`${a.service.url}/v1/sessions/any/files/x`)).text(), "hello");
  const { body } = await b.ask("GET", "/metrics");
  assert.match(body, /^wasm_repl_forwarded_total [1-9]/m);
});

test("who loses the membership drops all, others go on at once, and it comes back as a new worker", async () => {
  const { store, lose } = losing(workers.store);
  const [a, b] = [await workers.start({ store }), await workers.start()];
  await create(a, "lost");
  await a.run("lost", "let n = 1");
  const code = "n++; console.log('on'); const end = Date.now() + 300; while (Date.now() < end); n";
  const running = await a.until("POST", "/v1/sessions/lost/cells", { code }, /event: output/);
  const [, cell = ""] = /"cell":"([^"]+)"/.exec(running.text) ?? [];
  await lose();
  assert.match(await running.rest, /event: failed/);
  const taken = await b.run("lost", code, cell);
  assert.deepEqual([taken.body.status, taken.body.attempts, taken.body.result.result], ["ended", 2, "2"]);
  while ((await a.ask("GET", "/readyz")).status !== 200);
  assert.equal((await a.run("lost", "n")).body.result.result, "2");
  assert.ok(a.log.some((line) => line.startsWith("the membership is lost")));
});

test("an owner that cannot be reached is no dead one: 503, and nobody takes what it has", async () => {
  const a = await workers.start({ advertise: "http://127.0.0.1:9" });
  const b = await workers.start();
  await create(a, "far");
  await a.run("far", "let n = 1");
  const answer = await b.run("far", "++n");
  assert.deepEqual([answer.status, answer.body.code], [503, "UNAVAILABLE"]);
  assert.ok(answer.headers.get("retry-after"));
  assert.equal((await a.run("far", "n")).body.result.result, "1");
  await a.service.close(1000);
  assert.equal((await b.run("far", "n + 1")).body.result.result, "2");
});

test("a draining worker gives its sessions back, and the others have them", async () => {
  const [a, b] = [await workers.start(), await workers.start()];
  const keys = ["d1", "d2", "d3"];
  for (const key of keys) {
    await create(a, key);
    await a.run(key, `globalThis.mine = "${key}"`);
  }
  await a.service.close(5000);
  for (const key of keys) {
    assert.equal((await workers.store.getSession(key))?.owner, undefined);
    assert.equal((await b.run(key, "mine")).body.result.result, `'${key}'`);
  }
});

test("a session goes on only where its interpreter is", async () => {
  const own = await startTestWorkers();
  after(() => own.end());
  const store: Store = {
    ...own.store,
    join: (description) => own.store.join({ ...description, runtimeIds: ["of another version"] }),
  };
  const [a, b] = [await own.start(), await own.start({ store })];
  await create(a, "versions");
  await a.run("versions", "let n = 1");
  await a.ask("POST", "/v1/sessions/versions/evict");
  assert.equal((await b.run("versions", "++n")).body.result.result, "2");
  assert.match((await b.ask("GET", "/metrics")).body, /^wasm_repl_forwarded_total 1$/m);
  await a.service.close(1000);
  const refused = await b.run("versions", "++n");
  assert.deepEqual([refused.status, refused.body.code], [409, "RUNTIME_MISMATCH"]);
  assert.equal((await own.store.getSession("versions"))?.owner, undefined);
});

test("a commit whose answer is lost is asked for again: the cell has taken effect once, whatever happened", async () => {
  let failure: "before" | "after" | undefined;
  const store: Store = {
    ...workers.store,
    async commitCell(claim, commit) {
      const how = failure;
      failure = undefined;
      if (how === "before") throw new StoreUnavailable("the test has cut the connection");
      const committed = await workers.store.commitCell(claim, commit);
      if (how === "after") throw new StoreUnavailable("the test has cut the connection");
      return committed;
    },
  };
  const a = await workers.start({ store });
  await create(a, "cut");
  await a.run("cut", "let n = 0");
  let sum = 0;
  for (const how of ["before", "after", "after", "before"] as const) {
    sum++;
    failure = how;
    const id = `add-${sum}`;
    const cut = await a.run("cut", "++n", id);
    assert.deepEqual([cut.status, cut.body.code], [503, "UNAVAILABLE"]);
    const again = await a.run("cut", "++n", id);
    assert.deepEqual([again.status, again.body.result.result], [200, String(sum)]);
  }
  assert.equal((await a.run("cut", "n")).body.result.result, "4");
});

test("a store that cannot be reached is 503, and what is asked once it can be is answered", async () => {
  let isGone = false;
  const methods = Object.entries(workers.store).map(([name, method]) => [
    name,
    (...args: unknown[]) =>
      isGone
        ? Promise.reject(new StoreUnavailable("the test has switched it off"))
        : method.apply(workers.store, args),
  ]);
  const a = await workers.start({ store: Object.fromEntries(methods) });
  await create(a, "gone");
  await a.run("gone", "let n = 1");
  isGone = true;
  assert.equal((await a.ask("GET", "/healthz")).status, 200);
  assert.equal((await a.ask("GET", "/readyz")).status, 503);
  for (const answer of [
    await a.run("gone", "++n"),
    await a.ask("GET", "/v1/sessions/gone"),
    await a.ask("GET", "/v1/sessions"),
    await create(a, "gone-2"),
  ]) {
    assert.deepEqual([answer.status, answer.body.code], [503, "UNAVAILABLE"]);
  }
  isGone = false;
  assert.equal((await a.run("gone", "n")).body.result.result, "1");
});

test("who says that another worker has sent a request, and does not know the secret, is refused", async () => {
  const [a, alone] = [await workers.start(), await workers.start({ clusterSecret: undefined })];
  for (const worker of [a, alone]) {
    for (const secret of ["", "wrong", "a secret of the tests "]) {
      if (secret.trim() === "a secret of the tests") continue;
      const answer = await worker.ask("GET", "/v1/sessions", undefined, { "x-wasm-repl-cluster": secret });
      assert.deepEqual([answer.status, answer.body.code], [403, "FORBIDDEN"]);
    }
  }
});

test("what has been forwarded is not forwarded again", async () => {
  const [a, b] = [await workers.start(), await workers.start()];
  await create(a, "twice");
  await a.run("twice", "1");
  const answer = await b.ask(
    "POST",
    "/v1/sessions/twice/cells",
    { code: "1" },
    { "x-wasm-repl-cluster": "a secret of the tests" },
  );
  assert.deepEqual([answer.status, answer.body.code], [503, "UNAVAILABLE"]);
});
