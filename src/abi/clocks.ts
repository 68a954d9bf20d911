import { ErrnoError } from "../errno.js";

/** The one door by which a guest learns of time. All readings are in nanoseconds. */
export interface Clocks {
  /** Since 1970-01-01T00:00:00Z. */
  realtimeNs(): bigint;
  /** Since some moment before the guest began; never goes back, in whatever process a state of it goes on. */
  monotonicNs(): bigint;
  /** Processor time that the guest has used. */
  cpuNs(): bigint;
  /**
   * Lets up to `timeoutMs` pass (Infinity: no end to it). `wait` does what waiting there is, and breaks it off: then
   * true.
   */
  sleep(timeoutMs: number, wait: Wait): boolean;
  /** Time passes by readings and sleeps alone, and not by itself. */
  readonly isVirtual: boolean;
}

/** Waits up to `timeoutMs` (Infinity: without end). Returns early, with true, if the wait is to be broken off. */
export type Wait = (timeoutMs: number) => boolean;

/** Clocks that can be taken up again where they stood, in another process as well. */
export interface StoredClocks<State> extends Clocks {
  /** Does something in the guest: what passes until it returns is the guest's processor time. */
  work<Result>(action: () => Result): Result;
  /** Where they stand, which this does not change. */
  save(): State;
}

/** Where the monotonic clock of a new guest stands, in microseconds: beyond what booting its image has read. */
export const firstReadingUs = 1_000_000;

/** No clock gets further than this: what a double counts exactly, and less than 63 bits of nanoseconds. */
export const longestUs = 2 ** 53 - 1;

/** How far the wall clock may be from our count before it has been set anew. */
const toleranceNs = 2_000_000n;

/** Where the host's clocks stand for a guest, in whole microseconds. */
export interface SystemTime {
  readonly monotonicUs: number;
  readonly cpuUs: number;
}

/**
 * The host's clocks; the monotonic one goes on from `time`. The processor time is that which passes in `work`, but for
 * sleeps: a guest has a thread to itself, and nothing tells how much of the thread's time the guest alone has used.
 */
export function systemClocks(time: SystemTime): StoredClocks<SystemTime> {
  const startNs = hostNs() - BigInt(time.monotonicUs) * 1000n;
  const monotonicNs = () => hostNs() - startNs;
  // The wall clock counts milliseconds only. So it is read once, and counted on with the finer monotonic clock.
  let offsetNs = wallNs() - hostNs();
  let usedNs = BigInt(time.cpuUs) * 1000n;
  let workingSinceNs: bigint | undefined;
  const cpuNs = () => usedNs + (workingSinceNs === undefined ? 0n : hostNs() - workingSinceNs);
  const toUs = (timeNs: bigint) => Math.min(Math.ceil(Number(timeNs) / 1000), longestUs);
  return {
    realtimeNs() {
      const countedNs = hostNs() + offsetNs;
      const driftNs = wallNs() - countedNs;
      if (driftNs < toleranceNs && driftNs > -toleranceNs) return countedNs;
      offsetNs += driftNs;
      return countedNs + driftNs;
    },
    monotonicNs,
    cpuNs,
    sleep(timeoutMs, wait) {
      const beginNs = hostNs();
      try {
        return wait(timeoutMs);
      } finally {
        if (workingSinceNs !== undefined) usedNs -= hostNs() - beginNs;
      }
    },
    isVirtual: false,
    work(action) {
      workingSinceNs = hostNs();
      try {
        return action();
      } finally {
        usedNs = cpuNs();
        workingSinceNs = undefined;
      }
    },
    save: () => ({ monotonicUs: toUs(monotonicNs()), cpuUs: toUs(cpuNs()) }),
  };
}

function hostNs(): bigint {
  return BigInt(Math.round(performance.now() * 1e6));
}

function wallNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** Where virtual clocks stand, in whole microseconds. */
export interface VirtualTime extends SystemTime {
  /** The wall clock is so far ahead of the monotonic one. */
  readonly wallOffsetUs: number;
}

/** The last moment that sleeping leads to, in microseconds since 1970: the year 2250. */
const lastSleepUs = Date.UTC(2250, 0, 1) * 1000;

/**
 * Clocks that nothing moves but the guest: each reading by a microsecond, each sleep by what it asks for, without
 * waiting. The processor time is that of the readings. A sleep that has no end, or goes beyond the year 2250, is waited
 * for in earnest.
 */
export function virtualClocks(time: VirtualTime): StoredClocks<VirtualTime> {
  let { monotonicUs, cpuUs } = time;
  const { wallOffsetUs } = time;
  const furthestUs = () => Math.max(monotonicUs, monotonicUs + wallOffsetUs);
  const read = () => {
    if (furthestUs() < longestUs) {
      monotonicUs++;
      cpuUs++;
    }
    return monotonicUs;
  };
  const toNs = (us: number) => BigInt(us) * 1000n;
  return {
    realtimeNs: () => toNs(read() + wallOffsetUs),
    monotonicNs: () => toNs(read()),
    cpuNs() {
      read();
      return toNs(cpuUs);
    },
    sleep(timeoutMs, wait) {
      if (!(timeoutMs > 0)) return wait(0);
      const wantedUs = Math.ceil(timeoutMs * 1000);
      if (furthestUs() + wantedUs > lastSleepUs) return wait(timeoutMs);
      monotonicUs += wantedUs;
      return wait(0);
    },
    isVirtual: true,
    work: (action) => action(),
    save: () => ({ monotonicUs, wallOffsetUs, cpuUs }),
  };
}

/** Nanoseconds as milliseconds, with their fraction. */
export function toMs(timeNs: bigint): number {
  return Number(timeNs) / 1e6;
}

/** The clocks' numbers, in WASI as in the C library. */
export const clockIds = { realtime: 0, monotonic: 1, processCpu: 2, threadCpu: 3 } as const;

/** A clock's time by its number; `EINVAL` if there is none. A guest is one thread, so its two CPU clocks are the same. */
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
