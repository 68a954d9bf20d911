import type { SessionOptions } from "../session/options.js";
import { compact, inspect, type SnapshotInfo } from "../session/snapshot-tools.js";
import { nodeCodec } from "./codec.js";

/**
 * What a snapshot says of itself, by its head alone: what follows is not read, and may be damaged. Throws
 * `INVALID_SNAPSHOT` if it is none, `SNAPSHOT_DAMAGED`, and `RUNTIME_MISMATCH` for another format.
 */
export function inspectSnapshot(snapshot: Uint8Array): SnapshotInfo {
  return inspect(nodeCodec, snapshot);
}

/**
 * Makes one whole snapshot of a chain: of a whole one and those that hold what changed since. It has the id of the last
 * of them, so what changed after that goes on from it. No session is needed, and the caller's event loop goes on.
 *
 * @param limits Rejects with `INVALID_SNAPSHOT` if the session in it is larger. Default: the limits of a session.
 */
export async function compactSnapshots(
  chain: readonly Uint8Array[],
  limits: Pick<SessionOptions, "memoryBytes" | "maxFileBytes" | "maxFiles"> = {},
): Promise<Uint8Array> {
  return compact(nodeCodec, chain, limits);
}
