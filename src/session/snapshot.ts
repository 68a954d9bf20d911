import type { Snapshot } from "../engine/guest-state.js";
import type { GuestOptions } from "../engine/messages.js";
import type { Runtime } from "../engine/runtime.js";
import { decodeHeader } from "../engine/snapshot-header.js";

/** Bytes that are copied before the caller's event loop goes on. */
const copiedAtOnceBytes = 1024 * 1024;

/**
 * Takes a snapshot that may come from anywhere. Only its header is read here: `INVALID_SNAPSHOT` if that is not as it
 * should be, or if a session with these limits cannot take what it announces. All the rest is for the session's
 * thread, so that neither a large snapshot nor a forged one holds the caller up.
 */
export async function acceptSnapshot(
  bytes: Uint8Array,
  runtime: Runtime,
  limits: Pick<GuestOptions, "memoryBytes" | "maxFileBytes" | "maxFiles">,
): Promise<Snapshot> {
  const { header, bodyStart } = decodeHeader(bytes, runtime, limits);
  const body = new Uint8Array(new SharedArrayBuffer(bytes.length - bodyStart));
  for (let done = 0; done < body.length; done += copiedAtOnceBytes) {
    if (done > 0) await new Promise(setImmediate);
    body.set(bytes.subarray(bodyStart + done, bodyStart + done + copiedAtOnceBytes), done);
  }
  return { header, body };
}
