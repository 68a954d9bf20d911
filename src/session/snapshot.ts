import type { Engine } from "../engine/engine.js";
import type { Snapshot, SnapshotPart } from "../engine/guest-state.js";
import type { Runtime } from "../engine/runtime.js";
import { type Link, lastOf, readChain, type SnapshotBytes } from "../engine/snapshot-chain.js";
import type { StateLimits } from "../engine/snapshot-header.js";
import { checkIdentity, stateFormat } from "../engine/state-identity.js";
import { finishSlowly } from "../engine/steps.js";
import { createShareable } from "../shareable.js";

/** Bytes that are copied before the caller's event loop goes on. */
const copiedAtOnceBytes = 1024 * 1024;

/**
 * Takes a snapshot that may come from anywhere. Only its headers are read here: an error of `readChain` if they are not
 * as they should be, `RUNTIME_MISMATCH` if it is of another interpreter. All the rest is for the session's thread, so
 * that neither a large snapshot nor a forged one holds the caller up.
 */
export async function acceptSnapshot(
  { loadCodec }: Pick<Engine, "loadCodec">,
  snapshot: SnapshotBytes,
  runtime: Runtime,
  limits: StateLimits,
): Promise<Snapshot> {
  const chain = await finishSlowly(readChain(await loadCodec(), snapshot, limits));
  const { header, id } = lastOf(chain);
  checkIdentity({ ...header, format: stateFormat }, runtime);
  const [first, ...rest] = chain;
  const parts: [SnapshotPart, ...SnapshotPart[]] = [await partOf(first)];
  for (const link of rest) parts.push(await partOf(link));
  return { parts, id };
}

async function partOf({ header, bodyStart, bytes }: Link): Promise<SnapshotPart> {
  const body = new Uint8Array(createShareable(bytes.length - bodyStart));
  for (let done = 0; done < body.length; done += copiedAtOnceBytes) {
    if (done > 0) await new Promise((resolve) => setTimeout(resolve));
    body.set(bytes.subarray(bodyStart + done, bodyStart + done + copiedAtOnceBytes), done);
  }
  return { header, body };
}
