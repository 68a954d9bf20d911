import type { Membership, Store } from "../store.js";
import { postgresCells } from "./cells.js";
import { openConnections } from "./connections.js";
import { postgresMembers } from "./membership.js";
import { migrate } from "./migrate.js";
import { postgresSessions } from "./sessions.js";
import { postgresState } from "./state.js";

export interface PostgresOptions {
  /** How many connections this process has at most, besides one for its membership. Default 10. */
  readonly connections?: number;
  /** A worker that has not been heard of for so long is dead, in milliseconds. Default 15,000. */
  readonly membershipTimeoutMs?: number;
  /** A statement is given up after so long, in milliseconds. Default 10,000. */
  readonly statementTimeoutMs?: number;
  /** So long a connection, and beyond a statement's time its answer, is waited for, in milliseconds. Default 5,000. */
  readonly networkTimeoutMs?: number;
}

/**
 * A store in a PostgreSQL database (14 or later), for as many processes as there are, in its schema `wasm_repl`, which
 * is made or brought up to date if need be. What is in the address of the database (`sslmode`, `sslrootcert` and so on)
 * is as `pg` takes it. It must lead to the server itself, or to a pooler that gives each client a session of its own.
 *
 * `StoreUnavailable` if there is no answer now, `StoreUnusable` if the server refuses or is too old, or if the database
 * is of a newer version of this package.
 */
export async function openPostgresStore(url: string, options: PostgresOptions = {}): Promise<Store> {
  const {
    connections: most = 10,
    membershipTimeoutMs = 15_000,
    statementTimeoutMs = 10_000,
    networkTimeoutMs = 5000,
  } = options;
  const connections = openConnections(url, most, { statementTimeoutMs, networkTimeoutMs });
  try {
    await migrate(connections);
  } catch (error) {
    await connections.close();
    throw error;
  }
  const { join, workers } = postgresMembers(connections, membershipTimeoutMs);
  const memberships = new Set<Membership>();
  let closed: Promise<unknown> | undefined;
  return {
    async join(worker) {
      const membership = await join(worker);
      memberships.add(membership);
      membership.lost.then(() => memberships.delete(membership));
      return membership;
    },
    workers,
    ...postgresSessions(connections),
    ...postgresState(connections),
    ...postgresCells(connections),
    async ping() {
      await connections.query({ name: "ping", text: "SELECT 1 FROM wasm_repl.sessions LIMIT 1" });
    },
    async close() {
      closed ??= Promise.all([...memberships].map((membership) => membership.leave())).then(
        connections.close,
      );
      await closed;
    },
  };
}
