import { ErrnoError } from "../../errno.js";
import { GuestExit } from "../../guest-end.js";

/** `signal` numbers whose default action is to do nothing: none, chld, cont, urg, winch. */
const harmless = new Set([0, 16, 17, 22, 27]);
const lastSignal = 30;

/** The process itself (`wasi_snapshot_preview1.witx`: `proc_*`, `sched_yield`). */
export function processFunctions() {
  return {
    /** `proc_exit(rval)`: ends the guest with that exit code. Does not return. */
    proc_exit(code: number): never {
      throw new GuestExit(code >>> 0);
    },

    /**
     * `proc_raise(sig)`: no guest can install a handler, so a signal takes its default action: most end the guest,
     * with the exit code 128 + `sig` as shells report it. `EINVAL` (no such signal).
     */
    proc_raise(signal: number): void {
      if (signal >>> 0 > lastSignal) throw new ErrnoError("EINVAL");
      if (!harmless.has(signal)) throw new GuestExit(128 + signal);
    },

    /** `sched_yield()`: there is no other thread to yield to. Always succeeds. */
    sched_yield(): void {},
  };
}
