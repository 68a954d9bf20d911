// What is in deploy/ fits the command and what it measures.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { parseOptions } from "../build/cli/parse-options.js";
import { startService } from "./service/service.mjs";

const read = (name) => readFileSync(fileURLToPath(new URL(`../deploy/${name}`, import.meta.url)), "utf8");

/** What the options of a `wasm-repl serve` in a text are read as. */
function optionsIn(text) {
  const [, words] = /wasm-repl serve ([^\n]*)/.exec(text) ?? assert.fail("there is no wasm-repl serve in it");
  const { given, rest } = parseOptions("wasm-repl serve", words.replaceAll('"', "").trim().split(/\s+/));
  assert.deepEqual(rest, []);
  return given;
}

test("the unit starts the command with options that it has", () => {
  const unit = read("wasm-repl.service");
  const given = optionsIn(unit);
  assert.equal(given.data, "/var/lib/wasm-repl");
  assert.ok(given.serviceTokens);
  const [, stopS] = /^TimeoutStopSec=(\d+)$/m.exec(unit);
  assert.ok(Number(stopS) * 1000 > given.drainTimeoutMs, "it is killed before its cells have had their time");
  assert.doesNotMatch(unit, /^MemoryDenyWriteExecute=(yes|true|1)/m);
});

test("the workers of the compose file have options that the command has, and each an address of its own", () => {
  const { services, secrets, volumes } = parse(read("compose.yaml"), { merge: true });
  const workers = Object.entries(services).filter(([name]) => name.startsWith("worker-"));
  assert.equal(workers.length, 3);
  const ports = new Set();
  for (const [name, worker] of workers) {
    const { listen, advertise, ...given } = optionsIn(
      worker.command.at(-1).replace("$$WORKER", worker.environment.WORKER),
    );
    assert.equal(listen.port, 7070);
    assert.equal(String(advertise).replace(/\/$/, ""), `http://${name}:7070`);
    for (const path of [given.clusterSecret, given.serviceTokens]) {
      const [, secret] = /^\/run\/secrets\/(\w+)$/.exec(path);
      assert.ok(worker.secrets.includes(secret) && secret in secrets, secret);
    }
    assert.ok(worker.volumes.includes(`blobs:${given.blobs}`) && "blobs" in volumes);
    assert.ok(Number(/^(\d+)s$/.exec(worker.stop_grace_period)[1]) * 1000 > given.drainTimeoutMs);
    ports.add(worker.ports[0]);
  }
  assert.equal(ports.size, 3);
});

test("the dashboard shows each metric that the service has, and no other", async () => {
  const service = await startService();
  try {
    await service.create("s");
    await service.run("s", "1");
    const text = new TextDecoder().decode((await service.ask("GET", "/metrics")).body);
    const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
    const series = new Set([...text.matchAll(/^(\w+)(?:\{| )/gm)].map(([, name]) => name));
    const { panels, templating } = JSON.parse(read("dashboard.json"));
    const asked = panels
      .flatMap(({ targets }) => targets.map(({ expr }) => expr))
      .concat(templating.list[1].query.query);
    const used = new Set(asked.flatMap((query) => query.match(/wasm_repl_\w+/g)));
    for (const name of used) assert.ok(series.has(name), `${name} is no metric of the service`);
    const unused = [...kinds].filter(([name, kind]) =>
      kind === "histogram" ? !used.has(`${name}_bucket`) : !used.has(name),
    );
    assert.deepEqual(unused, []);
    // What only grows is shown as a rate, and nothing else is.
    for (const query of asked) {
      for (const [, name] of query.matchAll(/(wasm_repl_\w+)/g)) {
        const isCounter = /_(total|bucket|sum|count)$/.test(name);
        assert.equal(/\b(rate|increase)\(/.test(query), isCounter, query);
      }
    }
    for (const label of asked.flatMap((query) =>
      [...query.matchAll(/by \((\w+)\)/g)].map(([, name]) => name),
    )) {
      assert.ok(["instance", "le"].includes(label) || text.includes(`{${label}="`), label);
    }
  } finally {
    await service.end();
  }
});
