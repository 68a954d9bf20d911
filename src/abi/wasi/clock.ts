import { readClock } from "../clocks.js";
import type { WasiContext } from "./host.js";

/** Clocks (`wasi_snapshot_preview1.witx`: `clock_*`, `clockid`). */
export function clockFunctions({ host, memory }: WasiContext) {
  return {
    /** `clock_res_get(id, resolution)`: the clock's smallest step in nanoseconds. `EINVAL` (no such clock), `EFAULT`. */
    clock_res_get(id: number, resolution: number): void {
      readClock(host.clocks, id);
      // Every clock of ours counts in thousands of a millisecond at least; finer steps are not promised.
      memory.setU64(resolution, 1000n);
    },

    /**
     * `clock_time_get(id, precision, time)`: the clock's time in nanoseconds; `precision`, the lag that is allowed,
     * is not needed. `EINVAL` (no such clock), `EFAULT`.
     */
    clock_time_get(id: number, _precision: bigint, time: number): void {
      memory.setU64(time, readClock(host.clocks, id));
    },
  };
}
