import pg from "pg";
import type { Row } from "../rows.js";
import { StoreUnavailable, StoreUnusable } from "../store-unavailable.js";

export type Value = string | number | boolean | Uint8Array | null | readonly (string | number | Uint8Array)[];

/** A statement whose plan each connection keeps under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Runs one statement, and gives its rows. */
export type Query = (statement: Statement | string, ...values: Value[]) => Promise<readonly Row[]>;

/** Connections to a database, the one door to `pg`. What it could not be asked, or did not answer, is `StoreUnavailable`. */
export interface Connections {
  readonly query: Query;
  /** All that `work` does on one connection, or nothing of it. */
  transaction<Result>(work: (query: Query) => Promise<Result>): Promise<Result>;
  /** A connection of one's own, which stands until it is ended or lost. */
  dedicated(): Promise<Dedicated>;
  close(): Promise<void>;
}

export interface Dedicated {
  readonly query: Query;
  /** Resolves when the connection is no more, for whichever reason. */
  readonly lost: Promise<Error>;
  end(): Promise<void>;
}

export interface ConnectionTimes {
  /** The server gives a statement up after this long. */
  readonly statementTimeoutMs: number;
  /** So long we wait for a connection, and beyond the statement's time for its answer. */
  readonly networkTimeoutMs: number;
}

/** @param most How many connections are open at once, but for dedicated ones. */
export function openConnections(url: string, most: number, times: ConnectionTimes): Connections {
  const { statementTimeoutMs, networkTimeoutMs } = times;
  const common: pg.ClientConfig = {
    connectionString: url,
    application_name: "wasm-repl",
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    connectionTimeoutMillis: networkTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // What a worker holds that stopped in the middle of a transaction.
    idle_in_transaction_session_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + networkTimeoutMs,
  };
  // The pool itself would look at the address when it first connects.
  const open = () => checked(() => new pg.Client(common));
  open();
  const pool = new pg.Pool({ ...common, max: most });
  // An idle connection that breaks is replaced when the next one is needed.
  pool.on("error", () => {});

  return {
    query: queryOf(pool),
    async transaction(work) {
      const client = await pool.connect().catch(unavailable);
      // An error that comes while no statement runs is told by the next one.
      const ignore = () => {};
      client.on("error", ignore);
      const query = queryOf(client);
      let broken = true;
      try {
        await query("BEGIN");
        const result = await work(query);
        await query("COMMIT");
        broken = false;
        return result;
      } finally {
        client.off("error", ignore);
        // The end of the connection ends the transaction.
        client.release(broken);
      }
    },
    async dedicated() {
      const client = open();
      let lose: (error: Error) => void = () => {};
      const lost = new Promise<Error>((resolve) => {
        lose = resolve;
      });
      client.on("error", lose);
      client.on("end", () => lose(new Error("the connection was closed")));
      await client.connect().catch(unavailable);
      return {
        query: queryOf(client),
        lost,
        async end() {
          lose(new Error("the connection was ended"));
          await client.end().catch(() => {});
        },
      };
    },
    close: () => pool.end(),
  };
}

function queryOf(client: pg.Pool | pg.ClientBase): Query {
  return async (statement, ...values) => {
    const given = values.map((value) => (value instanceof Uint8Array ? buffer(value) : value));
    const config = typeof statement === "string" ? { text: statement } : statement;
    try {
      const { rows } = await client.query<Row>({ ...config, values: given as unknown[] });
      return rows;
    } catch (error) {
      return unavailable(error);
    }
  };
}

const buffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What a statement was refused for, as PostgreSQL numbers it; undefined if it was not the server that refused. */
export function refusal(error: unknown): { readonly code: string; readonly table?: string } | undefined {
  return error instanceof pg.DatabaseError && error.code !== undefined
    ? { code: error.code, ...(error.table === undefined ? {} : { table: error.table }) }
    : undefined;
}

/** Classes of what is wrong with the statement or its values, and would be again: bugs, and constraints. */
const ourMistakes = /^(0A|21|22|23|26|42)/;
/** What nobody but the operator can mend: names, passwords, databases, privileges. */
const operatorsMistakes = /^(28|3D|3F|42501)/;

function unavailable(error: unknown): never {
  const code = refusal(error)?.code ?? "";
  const line = `PostgreSQL: ${messageOf(error)}`;
  if (operatorsMistakes.test(code)) throw new StoreUnusable(line, { cause: error });
  if (ourMistakes.test(code)) throw error;
  throw new StoreUnavailable(line, { cause: error });
}

function checked<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    // Not its message: the address has a password in it.
    throw new StoreUnusable(`the address of PostgreSQL cannot be used (${messageOf(cause)})`, { cause });
  }
}

/** One line. Of several attempts at addresses of one name, the first one's. */
function messageOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return String(first instanceof Error ? first.message : first)
    .replaceAll(/\s+/g, " ")
    .trim();
}
