import { randomUUID } from "node:crypto";
import { done, fenced } from "../fenced.js";
import { checkId } from "../names.js";
import type { CellCommit, Claim, Fenced } from "../store.js";
import { textToBytes } from "../stored-text.js";
import type { Query } from "./connections.js";
import { heldBy, isHeld } from "./sessions.js";
import { partValues, unlessBlobIsUsed } from "./state.js";

/**
 * All of a commit in one statement, so that it happens or does not, whatever becomes of the connection. $1 to $4 the
 * claim, $5 the new token; of the cell $6 its id, $7 its status and $8 its result; of the state $9 the runtime or none,
 * $10 whether it is whole, and $11 to $14 the part; $15 to $18 the calls, $19 and $20 which are answered and with what.
 *
 * The parts of the statement see the tables as they were before it, and the session's row as it is once it is locked. So
 * what a compaction has changed meanwhile is read from that row alone.
 */
const commit = {
  name: "commit-cell",
  text: `
    WITH held AS (
      UPDATE wasm_repl.sessions AS s SET
        token = $5,
        suspended_cell = CASE WHEN $7 = 'suspended' THEN $6 ELSE nullif(s.suspended_cell, $6) END,
        runtime_id = coalesce($9, s.runtime_id),
        is_foreign = s.is_foreign AND $9::text IS NULL,
        state_bytes = CASE WHEN $9::text IS NULL THEN s.state_bytes WHEN $10 THEN $12 ELSE s.state_bytes + $12 END,
        updated_at = now()
      WHERE ${isHeld}
        AND EXISTS (SELECT FROM wasm_repl.cells AS c
                    WHERE c.session = s.id AND c.cell = $6 AND c.status IN ('running', 'suspended'))
        AND ($9::text IS NULL OR $10 OR EXISTS (SELECT FROM wasm_repl.parts AS p WHERE p.session = s.id))
      RETURNING s.id
    ), done AS (
      UPDATE wasm_repl.cells AS c
      SET status = $7, result = $8, ended_at = CASE WHEN $7 = 'suspended' THEN NULL ELSE now() END
      FROM held WHERE c.session = held.id AND c.cell = $6
      RETURNING c.id
    ), referred AS (
      INSERT INTO wasm_repl.blobs (name, retired) SELECT $14, false FROM held WHERE $14::text IS NOT NULL
    ), replaced AS (
      DELETE FROM wasm_repl.parts AS p USING held WHERE p.session = held.id AND $9::text IS NOT NULL AND $10
    ), added AS (
      INSERT INTO wasm_repl.parts (session, snapshot_id, byte_length, bytes, blob)
      SELECT held.id, $11, $12::bigint, $13, $14 FROM held WHERE $9::text IS NOT NULL
    ), answered AS (
      UPDATE wasm_repl.calls AS k SET answered = a.digest
      FROM done, unnest($19::text[], $20::text[]) AS a (id, digest) WHERE k.cell = done.id AND k.id = a.id
    ), forgotten AS (
      DELETE FROM wasm_repl.calls AS k USING done
      WHERE k.cell = done.id AND k.answered IS NULL AND k.id <> ALL ($15::text[]) AND k.id <> ALL ($19::text[])
    ), awaited AS (
      INSERT INTO wasm_repl.calls (id, cell, call, name, arguments)
      SELECT a.id, done.id, a.call, a.name, a.arguments
      FROM done, unnest($15::text[], $16::int[], $17::bytea[], $18::bytea[]) AS a (id, call, name, arguments)
      ON CONFLICT DO NOTHING
    )
    SELECT id FROM held`,
};

export async function commitCell(query: Query, claim: Claim, write: CellCommit): Promise<Fenced<Claim>> {
  const { cell, status, result, state, calls, answered } = write;
  for (const { id } of calls) checkId("call", id);
  const token = randomUUID();
  const [snapshotId, byteLength, bytes, blob] = state ? partValues(state.part) : [null, null, null, null];
  const committed = query(
    commit,
    ...heldBy(claim),
    token,
    cell,
    status,
    textToBytes(result),
    state?.runtimeId ?? null,
    state?.part.whole ?? false,
    snapshotId,
    byteLength,
    bytes,
    blob,
    calls.map(({ id }) => id),
    calls.map(({ call }) => call),
    calls.map(({ name }) => textToBytes(name)),
    calls.map((call) => textToBytes(call.arguments)),
    answered.map(({ id }) => id),
    answered.map(({ digest }) => digest),
  );
  const [row] = await unlessBlobIsUsed([], committed);
  return row ? done({ ...claim, token }) : fenced;
}
