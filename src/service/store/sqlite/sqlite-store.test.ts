import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../store.js";
import { storeContract } from "../test-store-contract.js";
import { openSqliteStore } from "./open-sqlite-store.js";

const directory = mkdtempSync(join(tmpdir(), "wasm-repl-sqlite-"));
let store: Store;

storeContract("a store on an SQLite file", {
  open: async () => {
    store = openSqliteStore(directory);
    return store;
  },
  another: async () => store,
  kill: (membership) => membership.leave(),
  close: async () => rmSync(directory, { recursive: true }),
});
