import { createGuestMemories } from "./guest-memories.js";
import { type GuestServer, openGuest } from "./guest-server.js";
import type { GuestHandle } from "./handle.js";
import type { GuestPlatform } from "./platform.js";

/**
 * A guest in the caller's own thread: for a command that runs one program and ends, where starting a thread would
 * take longer than all the rest. While code runs, nothing else does, and nothing can stop it.
 */
export function createInlineHandle(platform: GuestPlatform): GuestHandle {
  let server: GuestServer | undefined;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const signals = {
    take: () => 0 as const,
    wait(timeoutMs: number) {
      Atomics.wait(sleeper, 0, 0, timeoutMs);
      return false;
    },
  };
  const host = { signals, platform, memories: createGuestMemories(), send() {} };
  return {
    async open(runtime, options) {
      server?.close();
      server = await openGuest(runtime, options, host);
    },
    async run(run) {
      if (server === undefined) throw new Error("the guest is not open");
      return server.run(run);
    },
  };
}
