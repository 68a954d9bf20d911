import type { Runtime } from "../runtimes/bundled.js";
import type { GuestOptions, GuestOutcome, GuestRun } from "./messages.js";

/** A place where one guest at a time lives: a thread of its own, or the caller's. One run at a time. */
export interface GuestHandle {
  open(runtime: Runtime, options: GuestOptions): Promise<void>;
  run(run: GuestRun): Promise<GuestOutcome>;
  /** Frees the guest and the thread at once, whatever the guest is doing. */
  close(): Promise<void>;
}
