import type { BigIntStats } from "node:fs";
import type { TimeChange } from "../../vfs/types.js";

/** Of this many objects the exact times are remembered; the oldest go first. */
const maxRemembered = 4096;

interface ExactTime {
  /** What the host has kept. */
  readonly storedNs: bigint;
  /** What was asked for. */
  readonly exactNs: bigint;
}

/**
 * Node sets times to the microsecond only. A guest that copies a file's times and compares them would find the copy
 * older than the original, so what was set is remembered to the nanosecond for as long as the volume is open, and
 * reported instead of what the host has kept, until that changes.
 */
export interface HostTimes {
  /** Takes down what `change` asked for. `before` and `after` are the object around it. */
  remember(change: TimeChange, before: BigIntStats, after: BigIntStats): void;
  accessTimeNs(stats: BigIntStats): bigint;
  modifyTimeNs(stats: BigIntStats): bigint;
}

export function createHostTimes(): HostTimes {
  const remembered = new Map<string, { readonly access: ExactTime; readonly modify: ExactTime }>();
  const keyOf = ({ dev, ino }: BigIntStats) => `${dev}:${ino}`;
  /** Most guests set no times, and making a key costs as much as the rest of reading what the host says. */
  const timesOf = (stats: BigIntStats) => (remembered.size === 0 ? undefined : remembered.get(keyOf(stats)));

  function accessTimeNs(stats: BigIntStats): bigint {
    return exactOf(timesOf(stats)?.access, stats.atimeNs);
  }

  function modifyTimeNs(stats: BigIntStats): bigint {
    return exactOf(timesOf(stats)?.modify, stats.mtimeNs);
  }

  return {
    accessTimeNs,
    modifyTimeNs,
    remember(change, before, after) {
      const access = asked(change.accessTimeNs, accessTimeNs(before), after.atimeNs);
      const modify = asked(change.modifyTimeNs, modifyTimeNs(before), after.mtimeNs);
      const key = keyOf(after);
      remembered.delete(key);
      remembered.set(key, { access, modify });
      const [oldest] = remembered.keys();
      if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest);
    },
  };
}

function asked(time: bigint | "now" | undefined, oldNs: bigint, storedNs: bigint): ExactTime {
  return { storedNs, exactNs: time === "now" ? storedNs : (time ?? oldNs) };
}

function exactOf(time: ExactTime | undefined, storedNs: bigint): bigint {
  // Whatever else has changed the time since, or did not let it be set so, is believed.
  if (time?.storedNs !== storedNs) return storedNs;
  const difference = time.exactNs - storedNs;
  return difference < 1000n && difference > -1000n ? time.exactNs : storedNs;
}

/**
 * Node takes times as seconds in a double and, depending on its version, cuts them to microseconds: half of one on
 * top keeps the right microsecond either way. Whole seconds are exact. Of numbers it takes those before 1970 for now,
 * of texts it does not.
 */
export function secondsOf(
  change: TimeChange,
  stats: BigIntStats,
): [access: number | string, modify: number | string] {
  const seconds = (time: bigint | "now" | undefined, old: bigint) => {
    if (time === "now") return Date.now() / 1000;
    const wanted = time ?? old;
    if (wanted < 0n) return `-${secondsSince1970(-wanted)}`;
    return secondsSince1970(wanted);
  };
  return [seconds(change.accessTimeNs, stats.atimeNs), seconds(change.modifyTimeNs, stats.mtimeNs)];
}

function secondsSince1970(timeNs: bigint): number {
  return timeNs % 1_000_000_000n === 0n ? Number(timeNs) / 1e9 : (Number(timeNs / 1000n) + 0.5) / 1e6;
}
