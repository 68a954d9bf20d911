import { ErrnoError } from "../../errno.js";
import type { Clocks, WasiContext } from "./host.js";

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

export const clockIds = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 } as const;

/** A clock's time by its number. A guest is one thread, so its two CPU clocks are the same. */
export function readClock(clocks: Clocks, id: number): bigint {
  switch (id) {
    case clockIds.realtime:
      return clocks.realtimeNs();
    case clockIds.monotonic:
      return clocks.monotonicNs();
    case clockIds.processCpu:
    case clockIds.threadCpu:
      return clocks.cpuNs();
    default:
      throw new ErrnoError("EINVAL");
  }
}
