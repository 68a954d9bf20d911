import { describe } from "node:test";
import { storeContract } from "../test-store-contract.js";
import { openPostgresStore } from "./open-postgres-store.js";
import { startPostgres, type TestPostgres, withoutPostgres } from "./test-postgres.js";

describe("PostgreSQL", { skip: withoutPostgres }, () => {
  let postgres: TestPostgres;
  let url: string;
  storeContract("a store on PostgreSQL", {
    async open() {
      postgres = await startPostgres();
      url = await postgres.createDatabase();
      return openPostgresStore(url);
    },
    another: () => openPostgresStore(url),
    async kill({ worker, lost }) {
      // As the server sees the end of a process: its connection is gone.
      await postgres.query(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN wasm_repl.workers AS w
         ON l.locktype = 'advisory' AND l.mode = 'ExclusiveLock'
         AND (l.classid::bigint << 32) + l.objid::bigint = w.lock WHERE w.id = '${worker.id}'`,
        "test_1",
      );
      await lost;
    },
    close: () => postgres.end(),
  });
});
