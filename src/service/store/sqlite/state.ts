import { randomUUID } from "node:crypto";
import { done, fenced } from "../fenced.js";
import { checkName, isSessionKey } from "../names.js";
import { number, partOf } from "../rows.js";
import type { Claim, PartWrite, StateWrite, Store } from "../store.js";
import type { Database } from "./database.js";
import { heldSession } from "./sessions.js";

type State = Pick<Store, "readState" | "writeState" | "replaceState" | "compactState" | "retireBlobs">;

/**
 * Adds a part to a session's chain, or puts it in the chain's place. In a transaction of the caller's. `false`, and
 * nothing is written, if its blob was retired or there is no chain for it to go on from.
 */
export function writeState(database: Database, id: number, { part, runtimeId }: StateWrite): boolean {
  if (!part.whole && !database.get("SELECT 1 FROM parts WHERE session = ? LIMIT 1", id)) return false;
  if (!referTo(database, part)) return false;
  if (part.whole) database.run("DELETE FROM parts WHERE session = ?", id);
  database.run(
    "INSERT INTO parts (session, snapshot_id, byte_length, bytes, blob) VALUES (?, ?, ?, ?, ?)",
    id,
    ...partValues(part),
  );
  database.run("UPDATE sessions SET runtime_id = ?, is_foreign = 0 WHERE id = ?", runtimeId, id);
  measure(database, id);
  return true;
}

/** A new token, so that every claim of before is fenced. */
export function renew(database: Database, id: number, claim: Claim): Claim {
  const token = randomUUID();
  database.run("UPDATE sessions SET token = ?, updated_at = ? WHERE id = ?", token, Date.now(), id);
  return { ...claim, token };
}

export function sqliteState(database: Database): State {
  return {
    async readState(key) {
      if (!isSessionKey(key)) return [];
      const rows = database.all(
        `SELECT sequence, snapshot_id, byte_length, bytes, blob FROM parts
         WHERE session = (SELECT id FROM sessions WHERE key = ?) ORDER BY sequence`,
        key,
      );
      return rows.map(partOf);
    },

    async writeState(claim, state) {
      return database.transaction(() => {
        const id = heldSession(database, claim);
        if (id === undefined || !writeState(database, id, state)) return fenced;
        return done(renew(database, id, claim));
      });
    },

    async replaceState(claim, state) {
      if (!state.part.whole) throw new RangeError("what takes a chain's place is a whole snapshot");
      return database.transaction(() => {
        const id = heldSession(database, claim);
        if (id === undefined || !writeState(database, id, state)) return fenced;
        database.run(
          `DELETE FROM calls WHERE answered IS NULL AND cell IN
           (SELECT id FROM cells WHERE session = ? AND status = 'suspended')`,
          id,
        );
        database.run(
          "UPDATE cells SET status = 'lost', ended_at = ? WHERE session = ? AND status = 'suspended'",
          Date.now(),
          id,
        );
        database.run("UPDATE sessions SET suspended_cell = NULL WHERE id = ?", id);
        return done(renew(database, id, claim));
      });
    },

    async compactState({ key, worker, epoch }, through, whole) {
      return database.transaction(() => {
        const found = database.get(
          `SELECT s.id FROM sessions AS s JOIN parts AS p ON p.session = s.id
           WHERE s.key = ? AND s.owner = ? AND s.epoch = ? AND p.sequence = ?`,
          key,
          worker,
          epoch,
          through,
        );
        if (!found || !referTo(database, whole)) return false;
        const id = number(found, "id");
        database.run("DELETE FROM parts WHERE session = ? AND sequence < ?", id, through);
        database.run(
          "UPDATE parts SET snapshot_id = ?, byte_length = ?, bytes = ?, blob = ? WHERE sequence = ?",
          ...partValues(whole),
          through,
        );
        measure(database, id);
        return true;
      });
    },

    async retireBlobs(names) {
      return names.filter((name) => {
        checkName(name);
        return database.transaction(() => {
          if (database.get("SELECT 1 FROM parts WHERE blob = ? LIMIT 1", name)) return false;
          if (database.run("DELETE FROM blobs WHERE name = ? AND retired = 0", name) === 0)
            database.run("INSERT OR IGNORE INTO blobs (name, retired) VALUES (?, 1)", name);
          return true;
        });
      });
    },
  };
}

/** Whether the part's blob, if it has one, may be referred to: its name was never used before. */
function referTo(database: Database, part: PartWrite): boolean {
  if (!("blob" in part)) return true;
  checkName(part.blob);
  return database.run("INSERT OR IGNORE INTO blobs (name, retired) VALUES (?, 0)", part.blob) === 1;
}

function partValues(part: PartWrite) {
  const [bytes, blob] = "blob" in part ? [null, part.blob] : [part.bytes, null];
  return [part.snapshotId, part.byteLength, bytes, blob] as const;
}

function measure(database: Database, id: number): void {
  database.run(
    "UPDATE sessions SET state_bytes = (SELECT sum(byte_length) FROM parts WHERE session = ?) WHERE id = ?",
    id,
    id,
  );
}
