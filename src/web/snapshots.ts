import type { SessionOptions } from "../session/options.js";
import { compact, inspect, type SnapshotInfo } from "../session/snapshot-tools.js";
import { webCodec } from "./codec.js";

/**
 * What a snapshot says of itself, by its head alone: what follows is not read, and may be damaged. Throws
 * `INVALID_SNAPSHOT` if it is none, `SNAPSHOT_DAMAGED`, and `RUNTIME_MISMATCH` for another format.
 */
export function inspectSnapshot(snapshot: Uint8Array): SnapshotInfo {
  return inspect(webCodec, snapshot);
}

/**
 * Makes one whole snapshot of a chain: of a whole one and those that hold what changed since. No session is needed, and
 * the page goes on meanwhile.
 *
 * @param limits Rejects with `INVALID_SNAPSHOT` if the session in it is larger. Default: the limits of a session.
 */
export async function compactSnapshots(
  chain: readonly Uint8Array[],
  limits: Pick<SessionOptions, "memoryBytes" | "maxFileBytes" | "maxFiles"> = {},
): Promise<Uint8Array> {
  return compact(webCodec, chain, limits);
}
