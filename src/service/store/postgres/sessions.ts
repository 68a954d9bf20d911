import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { done, fenced } from "../fenced.js";
import { checkSessionKey, isSessionKey, keyRange } from "../names.js";
import { madeOf, number, type Row, sessionColumns, sessionOf } from "../rows.js";
import type { Claim, NewSession, SessionStore } from "../store.js";
import { StoreUnavailable } from "../store-unavailable.js";
import { textToBytes } from "../stored-text.js";
import type { Connections, Query } from "./connections.js";
import { workerColumns, workerOf } from "./membership.js";

/** With the values of `heldBy` as the first four. */
export const isHeld = "key = $1 AND owner = $2 AND epoch = $3 AND token = $4";
export const heldBy = ({ key, worker, epoch, token }: Claim) => [key, worker, epoch, token] as const;

const find = {
  name: "find-session",
  text: `SELECT ${sessionColumns} FROM wasm_repl.sessions WHERE key = $1`,
};
const make = {
  name: "make-session",
  text: `INSERT INTO wasm_repl.sessions (key, language, spec) VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING RETURNING ${sessionColumns}`,
};
const list = {
  name: "list-sessions",
  text: `SELECT ${sessionColumns} FROM wasm_repl.sessions
         WHERE key >= $1 AND key < $2 AND key > $3 ORDER BY key LIMIT $4`,
};
const count = {
  name: "count-sessions",
  text: `SELECT count(*) AS sessions, coalesce(sum(state_bytes), 0) AS bytes FROM wasm_repl.sessions
         WHERE key >= $1 AND key < $2`,
};
const abandoned = {
  name: "abandoned-sessions",
  text: `SELECT s.key FROM wasm_repl.sessions AS s
         WHERE s.id IN (SELECT session FROM wasm_repl.cells WHERE status = 'running')
           AND NOT EXISTS (
             SELECT FROM wasm_repl.workers AS w WHERE w.id = s.owner AND NOT pg_try_advisory_xact_lock_shared(w.lock))
         ORDER BY s.updated_at LIMIT $1`,
};
/** A lock that can be had is no living worker's. It is shared, so that those who look do not take each other for one. */
const claim = {
  name: "claim",
  text: `UPDATE wasm_repl.sessions AS s SET epoch = s.epoch + 1, owner = $2, token = $3
         WHERE s.key = $1 AND EXISTS (SELECT FROM wasm_repl.workers AS own WHERE own.id = $2)
           AND (s.owner IS NULL OR s.owner = $2 OR NOT EXISTS (
             SELECT FROM wasm_repl.workers AS w WHERE w.id = s.owner AND NOT pg_try_advisory_xact_lock_shared(w.lock)))
         RETURNING ${sessionColumns}`,
};
const findOwner = {
  name: "find-owner",
  text: `SELECT EXISTS (SELECT FROM wasm_repl.workers WHERE id = $2) AS joined, ${workerColumns}
         FROM wasm_repl.sessions AS s LEFT JOIN wasm_repl.workers AS w ON w.id = s.owner WHERE s.key = $1`,
};
const check = {
  name: "check-claim",
  text: `SELECT 1 AS held FROM wasm_repl.sessions WHERE ${isHeld}`,
};
const release = {
  name: "release",
  text: `UPDATE wasm_repl.sessions SET owner = NULL, token = NULL WHERE ${isHeld}`,
};
const remove = {
  name: "delete-session",
  text: `DELETE FROM wasm_repl.sessions WHERE ${isHeld} RETURNING id`,
};

/** So often an owner is looked for that was gone whenever it was asked about. */
const mostClaims = 20;

async function findOrMake(query: Query, { key, language, spec }: NewSession) {
  const values = [key, language, textToBytes(spec)] as const;
  // What another makes meanwhile may be deleted before it is found.
  for (;;) {
    const [found] = await query(find, key);
    if (found) return { created: false, row: found };
    const [row] = await query(make, ...values);
    if (row) return { created: true, row };
  }
}

export function postgresSessions({ query, transaction }: Connections): SessionStore {
  return {
    async createSession(session) {
      checkSessionKey(session.key);
      return madeOf(await findOrMake(query, session));
    },

    async getSession(key) {
      if (!isSessionKey(key)) return undefined;
      const [row] = await query(find, key);
      return row && sessionOf(row);
    },

    async listSessions({ prefix, after = "", limit }) {
      if (after !== "") checkSessionKey(after);
      const range = keyRange(prefix);
      if (!range) return [];
      return (await query(list, range.from, range.below, after, limit)).map(sessionOf);
    },

    async countSessions(prefix) {
      const range = keyRange(prefix);
      if (!range) return { sessions: 0, stateBytes: 0 };
      const [row] = (await query(count, range.from, range.below)) as [Row];
      return { sessions: number(row, "sessions"), stateBytes: number(row, "bytes") };
    },

    async abandonedSessions(limit) {
      return (await query(abandoned, limit)).map(({ key }) => key as string);
    },

    async claim(key, worker) {
      if (!isSessionKey(key)) return { absent: true };
      for (let turn = 0; turn < mostClaims; turn++) {
        const token = randomUUID();
        const [row] = await query(claim, key, worker, token);
        if (row) {
          const session = sessionOf(row);
          return { claimed: { key, worker, epoch: session.epoch, token }, session };
        }
        const [owner] = await query(findOwner, key, worker);
        if (!owner) return { absent: true };
        if (!owner.joined) throw new StoreUnavailable("this worker is no member any more");
        if (owner.worker_id !== null && owner.worker_id !== worker) return { ownedBy: workerOf(owner) };
        // It was given back, or its owner's row went, between the two statements.
        await setTimeout(turn);
      }
      throw new StoreUnavailable(`the session ${key} changes its owner too fast`);
    },

    async checkClaim(claim) {
      if (!isSessionKey(claim.key)) return fenced;
      const [row] = await query(check, ...heldBy(claim));
      return row ? done(undefined) : fenced;
    },

    async release(claim) {
      await query(release, ...heldBy(claim));
    },

    async deleteSession(claim) {
      const [row] = await query(remove, ...heldBy(claim));
      return row ? done(undefined) : fenced;
    },

    async fork(claim, into) {
      checkSessionKey(into.key);
      // The parts are read after the session is locked, when no compaction can take them (and what else refers to their
      // blobs) away before this is committed.
      return transaction(async (query) => {
        const [from] = await query(
          `SELECT id, runtime_id, state_bytes FROM wasm_repl.sessions WHERE ${isHeld} FOR NO KEY UPDATE`,
          ...heldBy(claim),
        );
        if (!from) return fenced;
        const { created, row } = await findOrMake(query, into);
        if (!created) return done(madeOf({ created, row }));
        const id = row.id as string;
        await query(
          `INSERT INTO wasm_repl.parts (session, snapshot_id, byte_length, bytes, blob)
           SELECT $1, snapshot_id, byte_length, bytes, blob FROM wasm_repl.parts WHERE session = $2 ORDER BY sequence`,
          id,
          from.id as string,
        );
        const [forked] = await query(
          `UPDATE wasm_repl.sessions SET runtime_id = $2, state_bytes = $3,
           is_foreign = $2::text IS NOT NULL WHERE id = $1 RETURNING ${sessionColumns}`,
          id,
          from.runtime_id as string | null,
          from.state_bytes as string,
        );
        return done(madeOf({ created, row: forked as Row }));
      });
    },
  };
}
