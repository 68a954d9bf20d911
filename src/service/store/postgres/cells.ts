import { done, fenced } from "../fenced.js";
import { checkId, checkName, isId, isSessionKey } from "../names.js";
import { callOf, cellOf, type Row, usageOf } from "../rows.js";
import type { CellStart, Store } from "../store.js";
import { textToBytes } from "../stored-text.js";
import { commitCell } from "./commit-cell.js";
import type { Connections } from "./connections.js";
import { heldBy, isHeld } from "./sessions.js";

type Cells = Pick<
  Store,
  "beginCell" | "commitCell" | "getCell" | "openCells" | "sweepCells" | "getCall" | "addUsage"
>;

const columns = "c.cell, c.digest, c.request, c.status, c.attempts, c.result, c.created_at, c.ended_at";

/** $10: how many attempts it may have. Only a cell that was begun and not committed changes, and only the same one. */
const isAnotherAttempt = "c.status = 'running' AND c.digest = excluded.digest";
const begin = {
  name: "begin-cell",
  text: `
    WITH held AS (SELECT id FROM wasm_repl.sessions WHERE ${isHeld} FOR NO KEY UPDATE)
    INSERT INTO wasm_repl.cells AS c (session, cell, digest, request, status, attempts)
    SELECT held.id, $5, $6, $7, 'running', 1 FROM held
    ON CONFLICT (session, cell) DO UPDATE SET
      attempts = c.attempts + (${isAnotherAttempt} AND c.attempts < $8)::int,
      status = CASE WHEN ${isAnotherAttempt} AND c.attempts >= $8 THEN 'lost' ELSE c.status END,
      ended_at = CASE WHEN ${isAnotherAttempt} AND c.attempts >= $8 THEN now() ELSE c.ended_at END
    RETURNING ${columns}`,
};
const find = {
  name: "find-cell",
  text: `SELECT ${columns} FROM wasm_repl.cells AS c
         WHERE c.session = (SELECT id FROM wasm_repl.sessions WHERE key = $1) AND c.cell = $2`,
};
const findOpen = {
  name: "open-cells",
  text: `SELECT ${columns} FROM wasm_repl.cells AS c
         WHERE c.session = (SELECT id FROM wasm_repl.sessions WHERE key = $1) AND c.status = 'running' ORDER BY c.id`,
};
const findCall = {
  name: "find-call",
  text: `SELECT calls.id, calls.call, calls.name, calls.arguments, calls.answered, c.cell, s.key
         FROM wasm_repl.calls JOIN wasm_repl.cells AS c ON c.id = calls.cell
         JOIN wasm_repl.sessions AS s ON s.id = c.session WHERE calls.id = $1`,
};
const sweep = {
  name: "sweep-cells",
  text: `DELETE FROM wasm_repl.cells WHERE id IN (
           SELECT id FROM wasm_repl.cells
           WHERE status IN ('ended', 'lost') AND ended_at < now() - $1 * interval '1 millisecond'
           LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING id`,
};
const addUsage = {
  name: "add-usage",
  text: `INSERT INTO wasm_repl.usage AS u (tenant, period, requests, cpu_ms, output_bytes) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant, period) DO UPDATE SET requests = u.requests + excluded.requests,
           cpu_ms = u.cpu_ms + excluded.cpu_ms, output_bytes = u.output_bytes + excluded.output_bytes
         RETURNING requests, cpu_ms, output_bytes`,
};

const sweptAtOnce = 1000;

export function postgresCells({ query }: Connections): Cells {
  return {
    async beginCell(claim, { cell, digest, request, atMostOnce, maxAttempts }) {
      checkId("cell", cell);
      const most = atMostOnce ? 1 : maxAttempts;
      const [row] = await query(begin, ...heldBy(claim), cell, digest, textToBytes(request), most);
      return row ? done(startOf(row, claim.key, digest)) : fenced;
    },

    commitCell: (claim, commit) => commitCell(query, claim, commit),

    async getCell(key, cell) {
      if (!isSessionKey(key) || !isId(cell)) return undefined;
      const [row] = await query(find, key, cell);
      return row && cellOf(row, key);
    },

    async openCells(key) {
      if (!isSessionKey(key)) return [];
      return (await query(findOpen, key)).map((row) => cellOf(row, key));
    },

    async sweepCells(olderThanMs) {
      let swept = 0;
      for (;;) {
        const rows = await query(sweep, olderThanMs, sweptAtOnce);
        swept += rows.length;
        if (rows.length < sweptAtOnce) return swept;
      }
    },

    async getCall(id) {
      if (!isId(id)) return undefined;
      const [row] = await query(findCall, id);
      return row && callOf(row);
    },

    async addUsage(tenant, period, { requests, cpuMs, outputBytes }) {
      checkName(tenant);
      checkName(period);
      const [row] = (await query(addUsage, tenant, period, requests, cpuMs, outputBytes)) as [Row];
      return usageOf(row);
    },
  };
}

function startOf(row: Row, key: string, digest: string): CellStart {
  const cell = cellOf(row, key);
  if (cell.digest !== digest) return { kind: "conflict" };
  return cell.status === "running" ? { kind: "run", attempt: cell.attempts } : { kind: cell.status, cell };
}
