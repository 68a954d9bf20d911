import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { StoreUnavailable, StoreUnusable } from "../store-unavailable.js";
import { openPostgresStore } from "./open-postgres-store.js";
import { migrations } from "./schema.js";
import { startPostgres, type TestPostgres, withoutPostgres } from "./test-postgres.js";

const short = { statementTimeoutMs: 5000, networkTimeoutMs: 2000 };

async function refusal(url: string, kind: typeof StoreUnusable | typeof StoreUnavailable): Promise<string> {
  try {
    await openPostgresStore(url, short);
  } catch (error) {
    assert.ok(error instanceof kind, String(error));
    assert.doesNotMatch(error.message, /\n|secret/);
    return error.message;
  }
  assert.fail("the store was opened");
}

describe("opening a store on PostgreSQL", { skip: withoutPostgres }, () => {
  let postgres: TestPostgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.end());

  /** The name of the database in an address. */
  const nameIn = (url: string) => new URL(url).pathname.slice(1);

  test("workers that start at once on an empty database all find it ready", async () => {
    const url = await postgres.createDatabase();
    const stores = await Promise.all(Array.from({ length: 8 }, () => openPostgresStore(url, short)));
    const made = await Promise.all(
      stores.map((store) => store.createSession({ key: "k", language: "python", spec: "{}" })),
    );
    assert.equal(made.filter(({ created }) => created).length, 1);
    const versions = await postgres.query("SELECT version FROM wasm_repl.schema_version", nameIn(url));
    assert.deepEqual(versions, [{ version: migrations.length }]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("a database of a newer version is used if it says that it can be, and else refused", async () => {
    const url = await postgres.createDatabase();
    await (await openPostgresStore(url, short)).close();
    const set = (version: number, from: number) =>
      postgres.query(
        `UPDATE wasm_repl.schema_version SET version = ${version}, compatible_from = ${from}`,
        nameIn(url),
      );
    await set(999, migrations.length);
    const store = await openPostgresStore(url, short);
    await store.ping();
    await store.close();
    await set(999, migrations.length + 1);
    assert.match(
      await refusal(url, StoreUnusable),
      /newer version of wasm-repl \(its schema is 999, .* update/,
    );
  });

  test("a migration that fails leaves the database as it was", async () => {
    const url = await postgres.createDatabase();
    await postgres.query("CREATE SCHEMA wasm_repl; CREATE TABLE wasm_repl.usage (theirs int)", nameIn(url));
    await assert.rejects(openPostgresStore(url, short), /usage.* already exists/);
    const tables = await postgres.query(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'wasm_repl'",
      nameIn(url),
    );
    assert.deepEqual(tables, [{ tablename: "usage" }]);
  });

  test("one who may only use the schema that was made for him needs no more than that", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(
      "CREATE ROLE worker LOGIN; CREATE SCHEMA wasm_repl AUTHORIZATION worker",
      nameIn(url),
    );
    const store = await openPostgresStore(url.replace("postgres@", "worker@"), short);
    await store.ping();
    await store.close();
    const bare = await postgres.createDatabase();
    assert.match(
      await refusal(bare.replace("postgres@", "worker@"), StoreUnusable),
      /permission denied for database/,
    );
  });

  test("a server that may lose what it has answered is refused", async () => {
    const url = await postgres.createDatabase();
    await postgres.query(`ALTER DATABASE ${nameIn(url)} SET synchronous_commit = off`);
    assert.match(await refusal(url, StoreUnusable), /synchronous_commit off/);
    const careless = await startPostgres(["fsync=off"]);
    assert.match(await refusal(await careless.createDatabase(), StoreUnusable), /fsync off/);
    await careless.end();
  });

  test("what the server refuses, and an address that is none, is said in a line without the password", async () => {
    const url = await postgres.createDatabase();
    assert.match(
      await refusal(url.replace("/test_", "/absent_"), StoreUnusable),
      /"absent_\d+" does not exist/,
    );
    assert.match(
      await refusal(url.replace("postgres@", "nobody:secret@"), StoreUnusable),
      /role "nobody" does not exist/,
    );
    for (const wrong of ["postgres://u:secret@host:port/db", "postgres://u:secret@[/db"])
      assert.match(await refusal(wrong, StoreUnusable), /address of PostgreSQL/);
  });

  test("a server that is not there, or does not answer, is unavailable", async () => {
    assert.match(
      await refusal("postgres://u:secret@/db?host=/nowhere", StoreUnavailable),
      /ENOENT \/nowhere/,
    );
    assert.match(await refusal("postgres://u:secret@127.0.0.1:1/db", StoreUnavailable), /ECONNREFUSED/);
  });
});
