/** The entry of a session's thread. */
import { parentPort } from "node:worker_threads";
import { type GuestServer, openGuest } from "./guest-server.js";
import type { FromThread, ToThread } from "./messages.js";

const port = parentPort;
if (port === null) throw new Error("this file is the entry of a thread");

const sleeper = new Int32Array(new SharedArrayBuffer(4));
const signals = {
  take: () => 0 as const,
  wait(timeoutMs: number) {
    Atomics.wait(sleeper, 0, 0, timeoutMs);
    return false;
  },
};

let server: GuestServer | undefined;

port.on("message", async (message: ToThread) => {
  port.postMessage(await answer(message));
});

async function answer(message: ToThread): Promise<FromThread> {
  try {
    if (message.type === "open") {
      server?.close();
      server = await openGuest(message.runtime, message.options, signals);
      return { type: "opened" };
    }
    if (server === undefined) return { type: "failed", message: "no guest is open" };
    return { type: "done", outcome: server.run(message.run) };
  } catch (error) {
    return { type: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}
