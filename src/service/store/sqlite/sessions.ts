import { randomUUID } from "node:crypto";
import { done, fenced } from "../fenced.js";
import { checkSessionKey, isSessionKey, keyRange } from "../names.js";
import { madeOf, number, type Row, sessionColumns, sessionOf, textOrNone } from "../rows.js";
import type { Claim, ClaimOutcome, NewSession, SessionRecord, SessionStore, Worker } from "../store.js";
import { textToBytes } from "../stored-text.js";
import type { Database } from "./database.js";

/** The session that a claim is for, if it is held. */
export function heldSession(database: Database, { key, worker, epoch, token }: Claim): number | undefined {
  const row = database.get(
    "SELECT id FROM sessions WHERE key = ? AND owner = ? AND epoch = ? AND token = ?",
    key,
    worker,
    epoch,
    token,
  );
  return row && number(row, "id");
}

/** @param worker Finds a worker that is alive. */
export function sqliteSessions(database: Database, worker: (id: string) => Worker | undefined): SessionStore {
  const find = (key: string): Row | undefined =>
    isSessionKey(key) ? database.get(`SELECT ${sessionColumns} FROM sessions WHERE key = ?`, key) : undefined;

  function findOrMake({ key, language, spec }: NewSession): { row: Row; created: boolean } {
    const found = find(key);
    if (found) return { row: found, created: false };
    const now = Date.now();
    database.run(
      "INSERT INTO sessions (key, language, spec, created_at, updated_at) VALUES (?, ?, ?, ?, ?)",
      key,
      language,
      textToBytes(spec),
      now,
      now,
    );
    return { row: find(key) as Row, created: true };
  }

  return {
    async createSession(session) {
      checkSessionKey(session.key);
      return madeOf(database.transaction(() => findOrMake(session)));
    },

    async getSession(key) {
      const row = find(key);
      return row && sessionOf(row);
    },

    async listSessions({ prefix, after = "", limit }) {
      if (after !== "") checkSessionKey(after);
      const range = keyRange(prefix);
      if (!range) return [];
      const rows = database.all(
        `SELECT ${sessionColumns} FROM sessions WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`,
        range.from,
        range.below,
        after,
        limit,
      );
      return rows.map(sessionOf);
    },

    async countSessions(prefix) {
      const range = keyRange(prefix);
      if (!range) return { sessions: 0, stateBytes: 0 };
      const row = database.get(
        "SELECT count(*) AS sessions, total(state_bytes) AS bytes FROM sessions WHERE key >= ? AND key < ?",
        range.from,
        range.below,
      ) as Row;
      return { sessions: number(row, "sessions"), stateBytes: number(row, "bytes") };
    },

    async abandonedSessions(limit) {
      const rows = database.all(
        `SELECT key, owner FROM sessions WHERE id IN (SELECT session FROM cells WHERE status = 'running')
         ORDER BY updated_at`,
      );
      const isAbandoned = (row: Row) => worker(textOrNone(row, "owner") ?? "") === undefined;
      return rows
        .filter(isAbandoned)
        .slice(0, limit)
        .map((row) => row.key as string);
    },

    async claim(key, claimer) {
      if (!worker(claimer)) throw new Error(`there is no worker ${claimer}`);
      return database.transaction((): ClaimOutcome => {
        const row = find(key);
        if (!row) return { absent: true };
        const owner = textOrNone(row, "owner");
        const other = owner === undefined || owner === claimer ? undefined : worker(owner);
        if (other) return { ownedBy: other };
        const epoch = number(row, "epoch") + 1;
        const token = randomUUID();
        database.run(
          "UPDATE sessions SET epoch = ?, owner = ?, token = ? WHERE key = ?",
          epoch,
          claimer,
          token,
          key,
        );
        const session: SessionRecord = { ...sessionOf(row), epoch, owner: claimer };
        return { claimed: { key, worker: claimer, epoch, token }, session };
      });
    },

    async checkClaim(claim) {
      return heldSession(database, claim) === undefined ? fenced : done(undefined);
    },

    async release(claim) {
      database.transaction(() => {
        const id = heldSession(database, claim);
        if (id !== undefined) database.run("UPDATE sessions SET owner = NULL, token = NULL WHERE id = ?", id);
      });
    },

    async deleteSession(claim) {
      return database.transaction(() => {
        const id = heldSession(database, claim);
        if (id === undefined) return fenced;
        database.run("DELETE FROM sessions WHERE id = ?", id);
        return done(undefined);
      });
    },

    async fork(claim, into) {
      checkSessionKey(into.key);
      return database.transaction(() => {
        const from = heldSession(database, claim);
        if (from === undefined) return fenced;
        const { row, created } = findOrMake(into);
        if (!created) return done(madeOf({ row, created }));
        const id = number(row, "id");
        database.run(
          `INSERT INTO parts (session, snapshot_id, byte_length, bytes, blob)
           SELECT ?, snapshot_id, byte_length, bytes, blob FROM parts WHERE session = ? ORDER BY sequence`,
          id,
          from,
        );
        database.run(
          `UPDATE sessions SET (runtime_id, state_bytes, is_foreign) =
           (SELECT runtime_id, state_bytes, runtime_id IS NOT NULL FROM sessions WHERE id = ?) WHERE id = ?`,
          from,
          id,
        );
        return done(madeOf({ row: find(into.key) as Row, created }));
      });
    },
  };
}
