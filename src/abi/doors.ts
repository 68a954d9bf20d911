/** What a guest can learn of time and chance, as one thing: who gives it, and how far it has come. */
import {
  type Clocks,
  firstReadingUs,
  longestUs,
  systemClocks,
  type VirtualTime,
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
  /** The reading of its monotonic clock, in microseconds. */
  readonly monotonicUs: number;
  /** In deterministic mode, the rest of what is to be known. */
  readonly virtual?: VirtualState;
}

export interface VirtualState extends Omit<VirtualTime, "monotonicUs"> {
  readonly random: RandomState;
}

export interface Doors {
  readonly clocks: Clocks;
  readonly randomness: Randomness;
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
  let opened =
    settings === undefined
      ? openSystem(monotonicUs)
      : openVirtual(monotonicUs, beginning(settings, monotonicUs));
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
    save: () => opened.save(),
    restore({ monotonicUs, virtual }) {
      opened = virtual === undefined ? openSystem(monotonicUs) : openVirtual(monotonicUs, virtual);
    },
    begin(anew) {
      const { monotonicUs } = opened.save();
      opened = openVirtual(monotonicUs, beginning(anew, monotonicUs));
    },
  };
}

type Opened = Pick<Doors, "clocks" | "randomness" | "save">;

function openSystem(monotonicUs: number): Opened {
  const clocks = systemClocks(monotonicUs);
  return { clocks, randomness: systemRandomness(), save: () => ({ monotonicUs: clocks.save() }) };
}

function openVirtual(monotonicUs: number, { wallOffsetUs, cpuUs, random }: VirtualState): Opened {
  const clocks = virtualClocks({ monotonicUs, wallOffsetUs, cpuUs });
  const randomness = seededRandomness(random);
  return {
    clocks,
    randomness,
    save() {
      const { monotonicUs, ...rest } = clocks.save();
      return { monotonicUs, virtual: { ...rest, random: randomness.save() } };
    },
  };
}

function beginning({ seed, startTimeMs }: Deterministic, monotonicUs: number): VirtualState {
  const wallOffsetUs = Math.round(startTimeMs * 1000) - monotonicUs;
  return { wallOffsetUs, cpuUs: 0, random: randomStateOf(seed) };
}

/** Whether a value that may come from anywhere is such a state. Any that is leads to readings within 63 bits. */
export function isDoorsState(value: unknown): value is DoorsState {
  const { monotonicUs, virtual } = Object(value);
  if (!isMoment(monotonicUs)) return false;
  if (virtual === undefined) return true;
  const { wallOffsetUs, cpuUs, random } = Object(virtual);
  return (
    Number.isSafeInteger(wallOffsetUs) &&
    isMoment(monotonicUs + wallOffsetUs) &&
    isMoment(cpuUs) &&
    cpuUs <= monotonicUs &&
    Array.isArray(random) &&
    random.length === 4 &&
    random.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff_ffff) &&
    random.some((word) => word !== 0)
  );
}

function isMoment(us: unknown): us is number {
  return Number.isSafeInteger(us) && (us as number) >= 0 && (us as number) <= longestUs;
}
