import { randomUUID } from "node:crypto";
import { done, fenced } from "../fenced.js";
import { checkName, isSessionKey } from "../names.js";
import { partOf } from "../rows.js";
import type { Claim, PartWrite, StateWrite, Store } from "../store.js";
import { type Connections, type Query, refusal } from "./connections.js";
import { heldBy, isHeld } from "./sessions.js";

type State = Pick<Store, "readState" | "writeState" | "replaceState" | "compactState" | "retireBlobs">;

const read = {
  name: "read-state",
  text: `SELECT sequence, snapshot_id, byte_length, bytes, blob FROM wasm_repl.parts
         WHERE session = (SELECT id FROM wasm_repl.sessions WHERE key = $1) ORDER BY sequence`,
};

/** A part's snapshot id, length, bytes and blob. */
export function partValues(part: PartWrite) {
  const [bytes, blob] = "blob" in part ? [null, part.blob] : [part.bytes, null];
  if (blob !== null) checkName(blob);
  return [part.snapshotId, part.byteLength, bytes, blob] as const;
}

/** What `ifRefused` says in the place of a write whose blob's name was used before, or retired. Nothing was written. */
export async function unlessBlobIsUsed<Result>(ifRefused: Result, write: Promise<Result>): Promise<Result> {
  try {
    return await write;
  } catch (error) {
    const uniqueViolation = "23505";
    const { code, table } = refusal(error) ?? {};
    if (code === uniqueViolation && table === "blobs") return ifRefused;
    throw error;
  }
}

/** Writes a part in a transaction of the caller's; undefined if the claim is not held or there is no chain for it. */
async function put(query: Query, claim: Claim, { part, runtimeId }: StateWrite) {
  const values = partValues(part);
  const token = randomUUID();
  const [held] = await query(
    `UPDATE wasm_repl.sessions AS s SET token = $5, runtime_id = $6, is_foreign = false, updated_at = now(),
     state_bytes = $8::bigint + CASE WHEN $7 THEN 0 ELSE s.state_bytes END
     WHERE ${isHeld} AND ($7 OR EXISTS (SELECT FROM wasm_repl.parts AS p WHERE p.session = s.id)) RETURNING id`,
    ...heldBy(claim),
    token,
    runtimeId,
    part.whole,
    part.byteLength,
  );
  if (!held) return undefined;
  const id = held.id as string;
  await query(referTo, values[3]);
  if (part.whole) await query("DELETE FROM wasm_repl.parts WHERE session = $1", id);
  await query(
    `INSERT INTO wasm_repl.parts (session, snapshot_id, byte_length, bytes, blob) VALUES ($1, $2, $3, $4, $5)`,
    id,
    ...values,
  );
  return done({ ...claim, token });
}

async function loseSuspended(query: Query, key: string): Promise<void> {
  const cells = `SELECT c.id FROM wasm_repl.cells AS c JOIN wasm_repl.sessions AS s ON s.id = c.session
                 WHERE s.key = $1 AND c.status = 'suspended'`;
  await query(`DELETE FROM wasm_repl.calls WHERE answered IS NULL AND cell IN (${cells})`, key);
  await query(`UPDATE wasm_repl.cells SET status = 'lost', ended_at = now() WHERE id IN (${cells})`, key);
  await query("UPDATE wasm_repl.sessions SET suspended_cell = NULL WHERE key = $1", key);
}

const referTo = "INSERT INTO wasm_repl.blobs (name, retired) SELECT $1, false WHERE $1::text IS NOT NULL";

export function postgresState({ query, transaction }: Connections): State {
  return {
    async readState(key) {
      return isSessionKey(key) ? (await query(read, key)).map(partOf) : [];
    },

    async writeState(claim, state) {
      const write = transaction(async (query) => (await put(query, claim, state)) ?? fenced);
      return unlessBlobIsUsed(fenced, write);
    },

    async replaceState(claim, state) {
      if (!state.part.whole) throw new RangeError("what takes a chain's place is a whole snapshot");
      const write = transaction(async (query) => {
        const written = await put(query, claim, state);
        if (written) await loseSuspended(query, claim.key);
        return written ?? fenced;
      });
      return unlessBlobIsUsed(fenced, write);
    },

    async compactState({ key, worker, epoch }, through, whole) {
      const values = partValues(whole);
      // Each statement sees what was committed before the session was locked by the first.
      const write = transaction(async (query) => {
        const [held] = await query(
          `SELECT id FROM wasm_repl.sessions WHERE key = $1 AND owner = $2 AND epoch = $3 FOR NO KEY UPDATE`,
          key,
          worker,
          epoch,
        );
        if (!held) return false;
        const id = held.id as string;
        const [replaced] = await query(
          `UPDATE wasm_repl.parts SET snapshot_id = $3, byte_length = $4, bytes = $5, blob = $6
           WHERE session = $1 AND sequence = $2 RETURNING sequence`,
          id,
          through,
          ...values,
        );
        if (!replaced) return false;
        await query(referTo, values[3]);
        await query("DELETE FROM wasm_repl.parts WHERE session = $1 AND sequence < $2", id, through);
        await query(
          `UPDATE wasm_repl.sessions SET state_bytes =
           (SELECT sum(byte_length) FROM wasm_repl.parts WHERE session = $1) WHERE id = $1`,
          id,
        );
        return true;
      });
      return unlessBlobIsUsed(false, write);
    },

    async retireBlobs(names) {
      for (const name of names) checkName(name);
      // In one order, so that two who sweep at once do not wait for each other.
      const sorted = [...new Set(names)].sort();
      // Those that nothing has ever referred to. A commit that is about to is waited for.
      await query(
        "INSERT INTO wasm_repl.blobs (name, retired) SELECT unnest($1::text[]), true ON CONFLICT DO NOTHING",
        sorted,
      );
      // This sees all such commits: the first reference is as old as the blob's row, and each later one is made from one
      // that is there.
      const removed = await query(
        `DELETE FROM wasm_repl.blobs AS b WHERE b.name = ANY ($1::text[]) AND NOT b.retired
         AND NOT EXISTS (SELECT FROM wasm_repl.parts AS p WHERE p.blob = b.name) RETURNING b.name`,
        sorted,
      );
      const retired = await query(
        "SELECT name FROM wasm_repl.blobs WHERE name = ANY ($1::text[]) AND retired",
        sorted,
      );
      return [...removed, ...retired].map(({ name }) => name as string);
    },
  };
}
