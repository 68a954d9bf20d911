import type { MessagePort } from "node:worker_threads";

/** What a thread is born with. */
export interface ThreadData {
  /** The words of shared memory between owner and thread; see `engine/signals.ts`. */
  readonly control: Int32Array;
  /** The thread tells here how the operating system numbers it, where there is a number. In shared memory. */
  readonly number: Int32Array;
  /** What comes for the code that runs; see `ToRunning`. */
  readonly input: MessagePort;
}
