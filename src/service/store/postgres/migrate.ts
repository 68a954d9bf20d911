import { StoreUnusable } from "../store-unavailable.js";
import type { Connections, Query } from "./connections.js";
import { migrations } from "./schema.js";

/** Whose turn it is to migrate: "wrpl". No worker's lock has so small a number. */
const migrationLock = 0x7772706c;

/**
 * Brings the database to the version of this package, if it is of an older one; workers that start together wait for
 * each other. `StoreUnusable` if it is of a version that this package cannot use, or if the server is too old, or not set
 * to keep what it has answered.
 */
export async function migrate(connections: Connections): Promise<void> {
  const [server] = await connections.query(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
     current_setting('synchronous_commit') AS synchronous_commit`,
  );
  if (Number(server?.version) < 140_000)
    throw new StoreUnusable("PostgreSQL 14 or later is needed for the store");
  // What was answered would be lost when the server, or its machine, stops.
  for (const setting of ["fsync", "synchronous_commit"]) {
    if (server?.[setting] === "off") throw new StoreUnusable(`PostgreSQL has ${setting} off: set it to on`);
  }
  if ((await currentVersion(connections.query)) === migrations.length) return;
  await connections.transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock($1)", migrationLock);
    const version = await currentVersion(query);
    if (version === 0) {
      // One that the operator has made needs no privilege to make it.
      const [schema] = await query("SELECT 1 FROM pg_namespace WHERE nspname = 'wasm_repl'");
      if (!schema) await query("CREATE SCHEMA wasm_repl");
      await query(
        "CREATE TABLE wasm_repl.schema_version (version int NOT NULL, compatible_from int NOT NULL)",
      );
      await query("INSERT INTO wasm_repl.schema_version VALUES (0, 0)");
    }
    for (const [index, { sql, compatibleFrom }] of migrations.entries()) {
      if (index < version) continue;
      await query(sql);
      await query(
        "UPDATE wasm_repl.schema_version SET version = $1, compatible_from = $2",
        index + 1,
        compatibleFrom,
      );
    }
  });
}

/** As large as ours at most, though the database's may be larger; 0 for one without our tables. */
async function currentVersion(query: Query): Promise<number> {
  // Not by `to_regclass`, which may remember that there was none, from before another worker made it.
  const [found] = await query(
    `SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'wasm_repl' AND c.relname = 'schema_version'`,
  );
  if (!found) return 0;
  const [row] = await query("SELECT version, compatible_from FROM wasm_repl.schema_version");
  const known = migrations.length;
  if (Number(row?.compatible_from) > known) {
    throw new StoreUnusable(
      `the database was made by a newer version of wasm-repl (its schema is ${row?.version}, and cannot be used by one that knows up to ${known}): update wasm-repl`,
    );
  }
  return Math.min(Number(row?.version), known);
}
