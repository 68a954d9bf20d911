import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { lockPackages } from "../node/sessions.js";
import { makeWheel } from "../packages/test-wheels.js";
import { defaultPolicy } from "./spec/policy.js";
import { startTestWorkers, type TestWorker, type TestWorkers } from "./test-workers.js";

const folder = mkdtempSync(join(tmpdir(), "wasm-repl-allowed-"));
process.env.XDG_CACHE_HOME = join(folder, "cache");
const near = createServer((_request, response) => response.end("from near"));
const other = createServer((_request, response) => response.end("from the other"));
let workers: TestWorkers;
let worker: TestWorker;
let [nearHost, otherHost] = ["", ""];
const lockOf = async (version: string) => {
  const wheel = makeWheel({
    name: "tool",
    version,
    files: { "tool.py": `version = ${JSON.stringify(version)}` },
  });
  writeFileSync(join(folder, wheel.file), wheel.bytes);
  return lockPackages({ requirements: [`tool==${version}`], findLinks: [folder] });
};

before(async () => {
  for (const server of [near, other]) await once(server.listen(0, "127.0.0.1"), "listening");
  [nearHost, otherHost] = [near, other].map(
    (server) => `127.0.0.1:${(server.address() as AddressInfo).port}`,
  ) as [string, string];
  workers = await startTestWorkers();
  const packages = new Map([["tools", await lockOf("1.0")]]);
  worker = await workers.start({
    policy: { ...defaultPolicy, network: [nearHost], packages, findLinks: [folder] },
  });
});
after(async () => {
  await workers.end();
  for (const server of [near, other]) server.close();
  rmSync(folder, { recursive: true });
});

const create = (key: string, spec: object) =>
  worker.ask("PUT", `/v1/sessions/${key}`, { language: "python", ...spec });
const fetching = (host: string) =>
  `import urllib.request; text = urllib.request.urlopen("http://${host}/").read().decode(); text`;

test("a session reaches the hosts that it asked for and the operator allows, to the letter, and no others", async () => {
  assert.equal((await create("net", { network: { allow: [nearHost] } })).status, 201);
  assert.equal((await worker.run("net", fetching(nearHost))).body.result.result, "'from near'");
  assert.match((await worker.run("net", fetching(otherHost))).body.result.error, /Error/);
  for (const host of [otherHost, "127.0.0.1", "*", "localhost"]) {
    const { status, body } = await create("net-2", { network: { allow: [host] } });
    assert.deepEqual([status, body.code], [403, "NOT_ALLOWED"], host);
  }
  await create("none", {});
  assert.match((await worker.run("none", fetching(nearHost))).body.result.error, /Error/);
});

test("what an operator allows no more is not there any more, also for sessions from before", async () => {
  const strict = await workers.start({ policy: defaultPolicy });
  await worker.ask("POST", "/v1/sessions/net/evict");
  const { body } = await strict.run("net", fetching(nearHost));
  assert.match(body.result.error, /Error/);
  await strict.service.close(1000);
});

test("a session has the packages of the operator's lock, and its state goes on where those are", async () => {
  await create("tools", { packages: "tools" });
  const begun = await worker.run("tools", "import tool; v = tool.version; v");
  assert.equal(begun.body.result?.result, "'1.0'", JSON.stringify(begun.body));
  await worker.ask("POST", "/v1/sessions/tools/evict");
  const without = await workers.start({ policy: defaultPolicy });
  const packages = new Map([["tools", await lockOf("2.0")]]);
  const newer = await workers.start({ policy: { ...defaultPolicy, packages, findLinks: [folder] } });
  for (const asked of [without, newer]) {
    const { body } = await asked.run("tools", "w = v; w");
    assert.deepEqual([body.result.result, body.attempts], ["'1.0'", 1]);
  }
  await worker.service.close(1000);
  const refused = await without.run("tools", "v");
  assert.deepEqual([refused.status, refused.body.code], [422, "CANNOT_START"]);
  const mismatch = await newer.run("tools", "v");
  assert.deepEqual([mismatch.status, mismatch.body.code], [409, "RUNTIME_MISMATCH"]);
});
