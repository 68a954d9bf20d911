import { randomUUID } from "node:crypto";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { FileLockError, takeLock } from "../../../node/files/file-lock.js";
import type { FilePlace } from "../../../node/files/file-place.js";
import { fileProblem } from "../../../node/files/file-problems.js";
import { openOutside } from "../../../node/files/outside-mounts.js";
import type { Membership, Store, Worker } from "../store.js";
import { StoreUnavailable, StoreUnusable } from "../store-unavailable.js";
import { sqliteCells } from "./cells.js";
import { type Database, openDatabase } from "./database.js";
import { migrations } from "./schema.js";
import { sqliteSessions } from "./sessions.js";
import { sqliteState } from "./state.js";

const databaseName = "service.sqlite";
/** What the lock is called, without its suffix: SQLite's binding takes the name with the database's. */
const lockName = "service";
/** Says in the file's head whose it is: "wrpl". */
const applicationId = 0x7772706c;
/** A larger database is not read through at each start; its damage shows where it is met. */
const mostCheckedBytes = 256 * 2 ** 20;

/**
 * A store in a directory of this machine's, which is made if there is none, for this process alone. What is written
 * outlives a process that is killed and a machine that stops.
 *
 * `StoreUnusable` if another process uses the directory, if its database is damaged or of a newer version of this
 * package, or if the system refuses.
 */
export function openSqliteStore(directory: string): Store {
  const path = join(directory, databaseName);
  let place: FilePlace | undefined;
  let unlock: (() => void) | undefined;
  let database: Database | undefined;
  const closeAll = () => {
    try {
      database?.close();
    } finally {
      unlock?.();
      place?.close();
    }
  };
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    place = openOutside(join(directory, lockName), []);
    unlock = takeLock(place, join(directory, lockName));
    removeStaleLock(place.named(databaseName).path(".lock"));
    database = openDatabase(path);
    prepare(database, path);
    // The names of the database and its log, which SQLite's binding leaves to the system.
    place.sync();
  } catch (error) {
    try {
      closeAll();
    } catch {}
    throw unusable(path, error);
  }
  return storeOn(database, closeAll);
}

function storeOn(database: Database, closeAll: () => void): Store {
  const members = new Map<string, { worker: Worker; lose(reason: Error): void }>();
  let closed = false;
  const alive = (id: string) => members.get(id)?.worker;

  return {
    async join(description) {
      const id = randomUUID();
      let lose: (reason: Error) => void = () => {};
      const lost = new Promise<Error>((resolve) => {
        lose = resolve;
      });
      const set = (draining: boolean) => {
        const worker: Worker = { ...description, id, draining };
        members.set(id, { worker, lose });
        return worker;
      };
      const membership: Membership = {
        worker: set(false),
        lost,
        drain: async () => void set(true),
        async leave() {
          members.delete(id);
          lose(new StoreUnavailable("this worker has left"));
        },
      };
      return membership;
    },
    workers: async () => [...members.values()].map(({ worker }) => worker),
    ...sqliteSessions(database, alive),
    ...sqliteState(database),
    ...sqliteCells(database),
    async ping() {
      database.get("SELECT 1 FROM sessions LIMIT 1");
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const { lose } of members.values()) lose(new StoreUnavailable("the store was closed"));
      members.clear();
      closeAll();
    },
  };
}

function prepare(database: Database, path: string): void {
  // One process alone, so that the log needs no memory that processes share, which the binding lacks.
  database.execute("PRAGMA locking_mode = EXCLUSIVE");
  const version = versionOf(database, path);
  // A log costs one wait for the disk with a commit. The other ways need the directory written as well, which the
  // binding does not do.
  const mode = database.get("PRAGMA journal_mode = WAL")?.journal_mode;
  if (mode !== "wal")
    throw new StoreUnusable(`cannot use ${path}: its journal cannot be a log (it is ${mode})`);
  database.execute(
    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 67108864",
  );
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.execute(sql);
      database.execute(`PRAGMA user_version = ${index + 1}; PRAGMA application_id = ${applicationId}`);
    });
  }
  if (statSync(path).size > mostCheckedBytes) return;
  const [found] = database.all("PRAGMA quick_check(1)");
  const verdict = found?.quick_check;
  if (verdict !== "ok")
    throw new StoreUnusable(`${path} is damaged (${oneLine(verdict)}): put a copy in its place`);
}

/** The version of the schema, 0 for a new file. Changes nothing of what is not ours. */
function versionOf(database: Database, path: string): number {
  const pragma = (name: string) => Number(database.get(`PRAGMA ${name}`)?.[name]);
  const isEmpty = !database.get("SELECT 1 FROM sqlite_schema LIMIT 1");
  if (!isEmpty && pragma("application_id") !== applicationId)
    throw new StoreUnusable(`${path} is another program's database: give another directory`);
  const version = pragma("user_version");
  if (version > migrations.length) {
    throw new StoreUnusable(
      `${path} was made by a newer version of wasm-repl (its schema is ${version}, this version knows up to ${migrations.length}): update wasm-repl`,
    );
  }
  return version;
}

/** The binding's own lock is a directory, which a process that was killed leaves. Ours says that none is alive. */
function removeStaleLock(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function unusable(path: string, cause: unknown): unknown {
  if (cause instanceof StoreUnusable) return cause;
  if (cause instanceof FileLockError || cause instanceof StoreUnavailable)
    return new StoreUnusable(oneLine(cause.message), { cause });
  const problem = fileProblem("use", path, cause);
  return problem === undefined ? cause : new StoreUnusable(problem, { cause });
}

const oneLine = (text: unknown) => String(text).replaceAll(/\s+/g, " ").trim();
