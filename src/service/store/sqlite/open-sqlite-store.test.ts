import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { StoreUnavailable, StoreUnusable } from "../store-unavailable.js";
import { chain } from "../test-store-fixture.js";
import { openDatabase } from "./database.js";
import { openSqliteStore } from "./open-sqlite-store.js";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
/** How often the process is killed; a thorough run sets 200. */
const kills = Number(process.env.WASM_REPL_TEST_KILLS ?? 5);

function withDirectory<Result>(use: (directory: string) => Result): Result {
  const directory = mkdtempSync(join(tmpdir(), "wasm-repl-sqlite-"));
  const remove = () => rmSync(directory, { recursive: true });
  const result = use(directory);
  if (result instanceof Promise) return result.finally(remove) as Result;
  remove();
  return result;
}

const refusal = (directory: string): string => {
  try {
    openSqliteStore(directory);
  } catch (error) {
    assert.ok(error instanceof StoreUnusable, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  assert.fail("the store was opened");
};

async function makeStore(directory: string, content = "state"): Promise<void> {
  const store = openSqliteStore(directory);
  await store.createSession({ key: "kept", language: "python", spec: JSON.stringify(content) });
  await store.close();
}

test("a directory is made with its parents, and what is in it is there when it is opened again", () =>
  withDirectory(async (parent) => {
    const directory = join(parent, "a/b");
    await makeStore(directory);
    const store = openSqliteStore(directory);
    assert.equal((await store.getSession("kept"))?.spec, '"state"');
    await store.close();
    await store.close();
    await assert.rejects(store.ping(), StoreUnavailable);
  }));

test("a second process is refused and told who holds the directory, until that has ended", () =>
  withDirectory(async (directory) => {
    const child = spawn(process.execPath, [here("test-committing-child.js"), directory]);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    assert.match(
      refusal(directory),
      new RegExp(`is in use by the process ${child.pid} according to .*service.lock`),
    );
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
    await openSqliteStore(directory).close();
  }));

test("this process is refused a second time", () =>
  withDirectory(async (directory) => {
    const store = openSqliteStore(directory);
    assert.match(refusal(directory), /is in use by this process/);
    await store.ping();
    await store.close();
  }));

test(`killed ${kills} times while it commits, a process loses nothing that it has told`, () =>
  withDirectory(async (directory) => {
    let told = 0;
    for (let kill = 1; kill <= kills; kill++) {
      const child = spawn(process.execPath, [here("test-committing-child.js"), directory], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let left = (kill * 37) % 60;
      const ended = new Promise((resolve) => child.once("close", resolve));
      for await (const line of createInterface(child.stdout)) {
        told = Number(line);
        if (left-- === 0) child.kill("SIGKILL");
      }
      await ended;
      const store = openSqliteStore(directory);
      const contents = await chain(store, "counter");
      const count = Number(contents.at(-1) ?? 0);
      // One more may have been committed and not told.
      assert.ok(count === told || count === told + 1, `${count} of ${told}`);
      // The chain is whole, from a whole snapshot on.
      const first = count - ((count - 1) % 20);
      assert.deepEqual(
        contents.map(Number),
        count === 0 ? [] : Array.from({ length: count - first + 1 }, (_, index) => first + index),
      );
      for (let n = 1; n <= count; n++)
        assert.equal((await store.getCell("counter", `cell-${n}`))?.status, "ended");
      assert.equal((await store.openCells("counter")).length <= 1, true);
      await store.close();
    }
  }));

test("a database of a newer version is refused, and stays as it was", () =>
  withDirectory(async (directory) => {
    await makeStore(directory);
    const path = join(directory, "service.sqlite");
    const database = openDatabase(path);
    database.execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA user_version = 999");
    database.close();
    const before = readFileSync(path);
    assert.match(
      refusal(directory),
      /newer version of wasm-repl \(its schema is 999, this version knows up to \d+\): update/,
    );
    assert.ok(readFileSync(path).equals(before));
    refusal(directory);
  }));

test("another program's database, and what is no database, are refused and stay", () =>
  withDirectory((directory) => {
    const path = join(directory, "service.sqlite");
    const database = openDatabase(path);
    database.execute("CREATE TABLE t (a); INSERT INTO t VALUES ('theirs')");
    database.close();
    assert.match(refusal(directory), /another program's database/);
    const again = openDatabase(path);
    assert.equal(again.get("SELECT a FROM t")?.a, "theirs");
    again.close();
    writeFileSync(path, "theirs\n".repeat(1000));
    assert.match(refusal(directory), /not a database/);
    assert.equal(readFileSync(path, "utf8"), "theirs\n".repeat(1000));
  }));

test("a damaged file is refused with a line that says so", () =>
  withDirectory(async (directory) => {
    await makeStore(directory, "x".repeat(200_000));
    const path = join(directory, "service.sqlite");
    const sound = readFileSync(path);
    // All of the pages but the first, and then the end that is cut off.
    writeFileSync(path, Buffer.concat([sound.subarray(0, 4096), Buffer.alloc(sound.length - 4096, 0x5a)]));
    assert.match(refusal(directory), /damaged|malformed/);
    writeFileSync(path, sound);
    truncateSync(path, sound.length - 50_000);
    assert.match(refusal(directory), /damaged|malformed/);
    writeFileSync(path, sound);
    await openSqliteStore(directory).close();
  }));

test("a directory that cannot be one is refused with the reason", () =>
  withDirectory((directory) => {
    writeFileSync(join(directory, "file"), "");
    assert.match(refusal(join(directory, "file")), /cannot use .*file/);
    mkdirSync(join(directory, "in-the-way/service.sqlite"), { recursive: true });
    assert.match(refusal(join(directory, "in-the-way")), /cannot use/);
    mkdirSync(join(directory, "full/service.sqlite.lock/more"), { recursive: true });
    assert.match(refusal(join(directory, "full")), /cannot use .*service.sqlite/);
  }));

test("on a disk that takes no more, a write is refused as unknown, and all that was told stays", () =>
  withDirectory(async (directory) => {
    await makeStore(directory);
    const { stdout, stderr } = spawnSync(
      "sh",
      [
        "-c",
        'ulimit -f 2000; exec "$@"',
        "sh",
        process.execPath,
        here("test-committing-child.js"),
        directory,
      ],
      { encoding: "utf8", timeout: 60_000 },
    );
    assert.match(stderr, /StoreUnavailable: cannot use .*service.sqlite: /);
    const told = Number(stdout.trim().split("\n").at(-1));
    assert.ok(told > 5);
    const store = openSqliteStore(directory);
    const count = Number((await chain(store, "counter")).at(-1));
    assert.ok(count === told || count === told + 1);
    await store.close();
  }));
