import type { Clocks } from "./wasi/host.js";

/** How far the wall clock may be from our count before it has been set anew. */
const toleranceNs = 2_000_000n;

/**
 * The host's clocks. The processor time is the time since they were made: a guest has a thread to itself, and
 * nothing tells how much of it the guest alone has used.
 */
export function systemClocks(): Clocks {
  const startNs = monotonicNs();
  // The wall clock counts milliseconds only. So it is read once, and counted on with the finer monotonic clock.
  let offsetNs = wallNs() - startNs;
  return {
    realtimeNs() {
      const countedNs = monotonicNs() + offsetNs;
      const driftNs = wallNs() - countedNs;
      if (driftNs < toleranceNs && driftNs > -toleranceNs) return countedNs;
      offsetNs += driftNs;
      return countedNs + driftNs;
    },
    monotonicNs,
    cpuNs: () => monotonicNs() - startNs,
  };
}

function monotonicNs(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

function wallNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}
