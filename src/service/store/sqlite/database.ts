import sqlite from "node-sqlite3-wasm";
import type { Row } from "../rows.js";
import { StoreUnavailable } from "../store-unavailable.js";

export type Value = string | number | Uint8Array | null;

/** An SQLite file that this process alone has open. All of it is synchronous. */
export interface Database {
  /** For more statements than one, without values. */
  execute(sql: string): void;
  all(sql: string, ...values: Value[]): readonly Row[];
  get(sql: string, ...values: Value[]): Row | undefined;
  /** @returns How many rows it changed. */
  run(sql: string, ...values: Value[]): number;
  /** All or nothing, and on the disk when it returns. */
  transaction<Result>(work: () => Result): Result;
  close(): void;
}

/** The one door to SQLite. What SQLite refuses is thrown as `StoreUnavailable`. */
export function openDatabase(path: string): Database {
  const database = translated(path, () => new sqlite.Database(path));
  const statements = new Map<string, sqlite.Statement>();

  const bound = (values: Value[]) => {
    // The binding would cut it there, and take the rest for another's.
    if (values.some((value) => typeof value === "string" && value.includes("\0")))
      throw new RangeError("a text in the store has no NUL");
    return values;
  };

  function withStatement<Result>(sql: string, use: (statement: sqlite.Statement) => Result): Result {
    return translated(path, () => {
      const statement = statements.get(sql) ?? database.prepare(sql);
      statements.set(sql, statement);
      try {
        return use(statement);
      } catch (error) {
        // The binding cannot use a statement again that has failed; nor can it end one without failing once more.
        statements.delete(sql);
        finalize(statement);
        throw error;
      }
    });
  }

  const execute = (sql: string) => translated(path, () => database.exec(sql));
  // Read to the end always: a statement that is left in the middle keeps SQLite from tidying its log.
  const all = (sql: string, ...values: Value[]) =>
    withStatement(sql, (statement) => statement.all(bound(values)) as Row[]);

  return {
    execute,
    all,
    get: (sql, ...values) => all(sql, ...values)[0],
    run: (sql, ...values) => withStatement(sql, (statement) => statement.run(bound(values)).changes),
    transaction(work) {
      execute("BEGIN IMMEDIATE");
      try {
        const result = work();
        execute("COMMIT");
        return result;
      } catch (error) {
        if (database.isOpen && database.inTransaction) execute("ROLLBACK");
        throw error;
      }
    },
    close() {
      if (!database.isOpen) return;
      for (const statement of statements.values()) finalize(statement);
      statements.clear();
      translated(path, () => database.close());
    },
  };
}

function finalize(statement: sqlite.Statement): void {
  try {
    statement.finalize();
  } catch {}
}

function translated<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof sqlite.SQLite3Error)) throw cause;
    throw new StoreUnavailable(`cannot use ${path}: ${cause.message}`, { cause });
  }
}
