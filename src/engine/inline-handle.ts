import { createGuestMemories } from "./guest-memories.js";
import { type GuestServer, openGuest } from "./guest-server.js";
import type { GuestHandle } from "./handle.js";
import type { GuestPlatform } from "./platform.js";

/**
 * A guest in the caller's own thread: for a command that runs one program and ends, where starting a thread would
 * take longer than all the rest. While code runs, nothing else does, and nothing can stop it but a limit of its own.
 */
export function createInlineHandle(platform: GuestPlatform): GuestHandle {
  let server: GuestServer | undefined;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  /** The run has met a limit. */
  let isStopping = false;
  const signals = {
    take: () => (isStopping ? 1 : 0),
    wait(timeoutMs: number) {
      if (!isStopping) Atomics.wait(sleeper, 0, 0, timeoutMs);
      return isStopping;
    },
  } as const;
  const host = {
    signals,
    platform,
    memories: createGuestMemories(),
    send() {},
    meetLimit() {
      isStopping = true;
      return true;
    },
  };
  return {
    async open(runtime, options) {
      server?.close();
      server = await openGuest(runtime, options, host);
    },
    async run(run) {
      if (server === undefined) throw new Error("the guest is not open");
      isStopping = false;
      return server.run(run);
    },
  };
}
