/** What a guest can learn of time and chance, as one thing: who gives it, and how far it has come. */
import {
  type Clocks,
  firstReadingUs,
  longestUs,
  type StoredClocks,
  systemClocks,
  virtualClocks,
} from "./clocks.js";
import {
  type Randomness,
  type RandomState,
  randomStateOf,
  seededRandomness,
  systemRandomness,
} from "./randomness.js";

/** A guest for which time and chance are always the same. */
export interface Deterministic {
  /** What its random numbers come from; a number stands for its decimal digits. */
  readonly seed: string;
  /** What its wall clock begins with, in milliseconds since 1970; see `latestStartMs`. */
  readonly startTimeMs: number;
}

/** The last moment that a virtual clock may begin with: the beginning of 2200. */
export const latestStartMs = Date.UTC(2200, 0, 1);

/** How far time and chance have come: part of a guest's state. */
export interface DoorsState {
  /** The readings of its monotonic clock and of its processor time, in microseconds. */
  readonly monotonicUs: number;
  readonly cpuUs: number;
  /** In deterministic mode, the rest of what is to be known. */
  readonly virtual?: VirtualState;
}

export interface VirtualState {
  /** The wall clock is so far ahead of the monotonic one. */
  readonly wallOffsetUs: number;
  readonly random: RandomState;
}

export interface Doors {
  readonly clocks: Clocks;
  readonly randomness: Randomness;
  /** Does something in the guest: what passes until it returns is the guest's processor time. */
  work<Result>(action: () => Result): Result;
  /** Where they stand, which this does not change. */
  save(): DoorsState;
  /** They go on from where another guest's stood, in the mode that it had. */
  restore(state: DoorsState): void;
  /** From now on time and chance are those of `settings`; the monotonic clock goes on. */
  begin(settings: Deterministic): void;
}

/**
 * @param settings Default: the host's clocks, and its randomness.
 * @param monotonicUs Where the monotonic clock begins.
 */
export function openDoors(settings?: Deterministic, monotonicUs = firstReadingUs): Doors {
  const beginning = { monotonicUs, cpuUs: 0 };
  let opened = open(settings === undefined ? beginning : anew(beginning, settings));
  return {
    clocks: {
      realtimeNs: () => opened.clocks.realtimeNs(),
      monotonicNs: () => opened.clocks.monotonicNs(),
      cpuNs: () => opened.clocks.cpuNs(),
      sleep: (timeoutMs, wait) => opened.clocks.sleep(timeoutMs, wait),
      get isVirtual() {
        return opened.clocks.isVirtual;
      },
    },
    randomness: { fill: (bytes) => opened.randomness.fill(bytes) },
    work: (action) => opened.clocks.work(action),
    save: () => opened.save(),
    restore(state) {
      opened = open(state);
    },
    begin(settings) {
      opened = open(anew(opened.save(), settings));
    },
  };
}

interface Opened {
  readonly clocks: StoredClocks<unknown>;
  readonly randomness: Randomness;
  save(): DoorsState;
}

function open({ monotonicUs, cpuUs, virtual }: DoorsState): Opened {
  if (virtual === undefined) {
    const clocks = systemClocks({ monotonicUs, cpuUs });
    return { clocks, randomness: systemRandomness(), save: clocks.save };
  }
  const clocks = virtualClocks({ monotonicUs, cpuUs, wallOffsetUs: virtual.wallOffsetUs });
  const randomness = seededRandomness(virtual.random);
  return {
    clocks,
    randomness,
    save() {
      const { wallOffsetUs, ...time } = clocks.save();
      return { ...time, virtual: { wallOffsetUs, random: randomness.save() } };
    },
  };
}

function anew({ monotonicUs, cpuUs }: DoorsState, { seed, startTimeMs }: Deterministic): DoorsState {
  const wallOffsetUs = Math.round(startTimeMs * 1000) - monotonicUs;
  return { monotonicUs, cpuUs, virtual: { wallOffsetUs, random: randomStateOf(seed) } };
}

/** Whether a value that may come from anywhere is such a state. Any that is leads to readings within 63 bits. */
export function isDoorsState(value: unknown): value is DoorsState {
  const { monotonicUs, cpuUs, virtual } = Object(value);
  if (!isMoment(monotonicUs) || !isMoment(cpuUs)) return false;
  if (virtual === undefined) return true;
  const { wallOffsetUs, random } = Object(virtual);
  return (
    Number.isSafeInteger(wallOffsetUs) &&
    isMoment(monotonicUs + wallOffsetUs) &&
    Array.isArray(random) &&
    random.length === 4 &&
    random.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff) &&
    random.some((word) => word !== 0)
  );
}

function isMoment(us: unknown): us is number {
  return Number.isSafeInteger(us) && (us as number) >= 0 && (us as number) <= longestUs;
}
