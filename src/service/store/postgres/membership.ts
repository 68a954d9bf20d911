import { randomBytes, randomUUID } from "node:crypto";
import type { Row } from "../rows.js";
import type { Membership, Store, Worker, WorkerDescription } from "../store.js";
import { StoreUnavailable } from "../store-unavailable.js";
import type { Connections } from "./connections.js";

type Members = Pick<Store, "join" | "workers">;

/** The columns of a worker, so named that they can stand beside a session's. */
export const workerColumns = "w.id AS worker_id, w.address, w.package_version, w.runtime_ids, w.draining";

export function workerOf(row: Row): Worker {
  return {
    id: row.worker_id as string,
    address: row.address as string,
    packageVersion: row.package_version as string,
    runtimeIds: row.runtime_ids as unknown as string[],
    draining: row.draining as boolean,
  };
}

/**
 * A worker lives as long as a connection of its own, which holds a lock of the server's. The server itself ends that
 * connection if nothing comes from it for `membershipTimeoutMs`, and with it the lock, so nobody compares clocks: a
 * worker is dead when its lock is free.
 */
export function postgresMembers(connections: Connections, membershipTimeoutMs: number): Members {
  return {
    async join(description) {
      const connection = await connections.dedicated();
      const id = randomUUID();
      // Positive, and larger than the numbers that people choose.
      const lock = (randomBytes(8).readBigUInt64BE() >> 2n) | (1n << 61n);
      try {
        await connection.query(`SET idle_session_timeout = ${Math.ceil(membershipTimeoutMs)}`);
        const seconds = Math.max(1, Math.floor(membershipTimeoutMs / 3000));
        await connection.query(
          `SET tcp_keepalives_idle = ${seconds}; SET tcp_keepalives_interval = ${seconds}; SET tcp_keepalives_count = 2`,
        );
        await connection.query("SELECT pg_advisory_lock($1)", lock.toString());
        await connection.query(
          `INSERT INTO wasm_repl.workers (id, lock, address, package_version, runtime_ids)
           VALUES ($1, $2, $3, $4, $5)`,
          id,
          lock.toString(),
          description.address,
          description.packageVersion,
          description.runtimeIds,
        );
        await removeDead(connections);
      } catch (error) {
        await connection.end();
        throw error;
      }
      return membershipOf(connection, description, id, membershipTimeoutMs);
    },

    async workers() {
      const rows = await connections.query({
        name: "workers",
        text: `SELECT ${workerColumns} FROM wasm_repl.workers AS w
               WHERE NOT pg_try_advisory_xact_lock_shared(w.lock) ORDER BY w.joined_at`,
      });
      return rows.map(workerOf);
    },
  };
}

const beating = { name: "beat", text: "SELECT 1 FROM wasm_repl.workers WHERE id = $1" };

function membershipOf(
  connection: Awaited<ReturnType<Connections["dedicated"]>>,
  description: WorkerDescription,
  id: string,
  membershipTimeoutMs: number,
): Membership {
  let left = false;
  // Three have to fail for the server to end the connection.
  const beat = setInterval(() => {
    const answered = connection.query(beating, id).then(([row]) => {
      if (!row) throw new Error("somebody has removed this worker from the database");
    });
    const late = new Promise((_, reject) => {
      setTimeout(() => reject(new Error("no answer")), membershipTimeoutMs / 2).unref();
    });
    Promise.race([answered, late]).catch(() => connection.end());
    answered.catch(() => {});
  }, membershipTimeoutMs / 4);
  beat.unref();
  const lost = connection.lost.then((reason) => {
    clearInterval(beat);
    // Whoever leaves is told as well, and has nothing to drop any more.
    return new StoreUnavailable(`the membership of this worker is lost: ${reason.message}`, {
      cause: reason,
    });
  });
  return {
    worker: { ...description, id, draining: false },
    lost,
    async drain() {
      await connection.query("UPDATE wasm_repl.workers SET draining = true WHERE id = $1", id);
    },
    async leave() {
      if (left) return;
      left = true;
      // If it fails, the end of the connection says the same.
      await connection.query("DELETE FROM wasm_repl.workers WHERE id = $1", id).catch(() => {});
      await connection.end();
    },
  };
}

/** Of workers that were killed. What they owned is free with or without their rows. */
async function removeDead(connections: Connections): Promise<void> {
  await connections.query("DELETE FROM wasm_repl.workers WHERE pg_try_advisory_xact_lock_shared(lock)");
}
