import { setImmediate } from "node:timers/promises";
import { done, fenced } from "../fenced.js";
import { checkId, checkName, isId, isSessionKey } from "../names.js";
import { callOf, cellOf, number, type Row, text, usageOf } from "../rows.js";
import type { CellCommit, CellStart, Store } from "../store.js";
import { textToBytes } from "../stored-text.js";
import type { Database } from "./database.js";
import { heldSession } from "./sessions.js";
import { renew, writeState } from "./state.js";

type Cells = Pick<
  Store,
  "beginCell" | "commitCell" | "getCell" | "openCells" | "sweepCells" | "getCall" | "addUsage"
>;

/** As many as a transaction removes in some milliseconds. */
const sweptAtOnce = 500;

export function sqliteCells(database: Database): Cells {
  const find = (session: number, cell: string): Row | undefined =>
    database.get("SELECT * FROM cells WHERE session = ? AND cell = ?", session, cell);

  return {
    async beginCell(claim, { cell, digest, request, atMostOnce, maxAttempts }) {
      checkId("cell", cell);
      return database.transaction(() => {
        const session = heldSession(database, claim);
        if (session === undefined) return fenced;
        const begun = (start: CellStart) => done(start);
        const row = find(session, cell);
        if (!row) {
          database.run(
            `INSERT INTO cells (session, cell, digest, request, status, attempts, created_at)
             VALUES (?, ?, ?, ?, 'running', 1, ?)`,
            session,
            cell,
            digest,
            textToBytes(request),
            Date.now(),
          );
          return begun({ kind: "run", attempt: 1 });
        }
        if (text(row, "digest") !== digest) return begun({ kind: "conflict" });
        const record = cellOf(row, claim.key);
        if (record.status !== "running") return begun({ kind: record.status, cell: record });
        const id = number(row, "id");
        if (atMostOnce || record.attempts >= maxAttempts) {
          database.run("UPDATE cells SET status = 'lost', ended_at = ? WHERE id = ?", Date.now(), id);
          return begun({ kind: "lost", cell: cellOf(find(session, cell) as Row, claim.key) });
        }
        database.run("UPDATE cells SET attempts = attempts + 1 WHERE id = ?", id);
        return begun({ kind: "run", attempt: record.attempts + 1 });
      });
    },

    async commitCell(claim, commit) {
      for (const { id } of commit.calls) checkId("call", id);
      return database.transaction(() => {
        const session = heldSession(database, claim);
        const row = session === undefined ? undefined : find(session, commit.cell);
        if (session === undefined || !row || !["running", "suspended"].includes(text(row, "status")))
          return fenced;
        if (commit.state && !writeState(database, session, commit.state)) return fenced;
        const isSuspended = commit.status === "suspended";
        database.run(
          "UPDATE cells SET status = ?, result = ?, ended_at = ? WHERE id = ?",
          commit.status,
          textToBytes(commit.result),
          isSuspended ? null : Date.now(),
          number(row, "id"),
        );
        database.run(
          `UPDATE sessions SET suspended_cell = CASE WHEN ? THEN ? ELSE nullif(suspended_cell, ?) END
           WHERE id = ?`,
          Number(isSuspended),
          commit.cell,
          commit.cell,
          session,
        );
        writeCalls(database, number(row, "id"), commit);
        return done(renew(database, session, claim));
      });
    },

    async getCell(key, cell) {
      if (!isSessionKey(key) || !isId(cell)) return undefined;
      const row = database.get(
        "SELECT * FROM cells WHERE session = (SELECT id FROM sessions WHERE key = ?) AND cell = ?",
        key,
        cell,
      );
      return row && cellOf(row, key);
    },

    async openCells(key) {
      if (!isSessionKey(key)) return [];
      const rows = database.all(
        `SELECT * FROM cells WHERE session = (SELECT id FROM sessions WHERE key = ?) AND status = 'running'
         ORDER BY id`,
        key,
      );
      return rows.map((row) => cellOf(row, key));
    },

    async sweepCells(olderThanMs) {
      let swept = 0;
      for (;;) {
        const some = database.run(
          `DELETE FROM cells WHERE id IN
           (SELECT id FROM cells WHERE status IN ('ended', 'lost') AND ended_at < ? LIMIT ?)`,
          Date.now() - olderThanMs,
          sweptAtOnce,
        );
        swept += some;
        if (some < sweptAtOnce) return swept;
        await setImmediate();
      }
    },

    async getCall(id) {
      if (!isId(id)) return undefined;
      const row = database.get(
        `SELECT calls.*, cells.cell AS cell, sessions.key FROM calls
         JOIN cells ON cells.id = calls.cell JOIN sessions ON sessions.id = cells.session WHERE calls.id = ?`,
        id,
      );
      return row && callOf(row);
    },

    async addUsage(tenant, period, used) {
      checkName(tenant);
      checkName(period);
      const [row] = database.all(
        `INSERT INTO usage VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests,
         cpu_ms = cpu_ms + excluded.cpu_ms, output_bytes = output_bytes + excluded.output_bytes
         RETURNING requests, cpu_ms, output_bytes`,
        tenant,
        period,
        used.requests,
        used.cpuMs,
        used.outputBytes,
      ) as [Row];
      return usageOf(row);
    },
  };
}

/** What the cell waits for from now on; what it waited for before and was not answered is forgotten. */
function writeCalls(database: Database, cell: number, { calls, answered }: CellCommit): void {
  for (const { id, digest } of answered)
    database.run("UPDATE calls SET answered = ? WHERE id = ? AND cell = ?", digest, id, cell);
  const waiting = new Set(calls.map(({ id }) => id));
  for (const row of database.all("SELECT id FROM calls WHERE cell = ? AND answered IS NULL", cell)) {
    if (!waiting.has(text(row, "id"))) database.run("DELETE FROM calls WHERE id = ?", text(row, "id"));
  }
  for (const { id, call, name, arguments: values } of calls) {
    database.run(
      "INSERT OR IGNORE INTO calls (id, cell, call, name, arguments) VALUES (?, ?, ?, ?, ?)",
      id,
      cell,
      call,
      textToBytes(name),
      textToBytes(values),
    );
  }
}
