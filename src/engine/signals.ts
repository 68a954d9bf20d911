import type { Signals } from "../signals.js";
import type { GuestLimit } from "./messages.js";

/**
 * The words of shared memory between a session's owner and its thread.
 *
 * - `notice`: the level of the pending notice, see `Signals`.
 * - `events`: counts everything that a waiting guest should look up for; the word it waits on.
 * - `unread`: bytes of streamed output that the owner has not taken yet.
 * - `limit`: which of `limits` the run has met; 0 for none.
 */
const words = { notice: 0, events: 1, unread: 2, limit: 3 } as const;

/** By their numbers. */
const limits: ReadonlyArray<GuestLimit | undefined> = [undefined, "memory", "output", "calls"];

const mebibyte = 1024 * 1024;
/** A guest that has written this much more than was read waits until the reader catches up. */
const maxUnreadBytes = mebibyte;
/** One that is told to stop does not wait any more; what it writes beyond this is dropped. */
const maxUnreadBytesAtStop = 16 * mebibyte;

/** How long a wait may be that `Atomics.wait` is given at once; it takes no Infinity on all versions. */
const longestWaitMs = 1e9;

export const controlBytes = Int32Array.BYTES_PER_ELEMENT * Object.keys(words).length;

export function createControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(controlBytes));
}

/** The owner's side. */
export const control = {
  /** Before a run: no notice is pending, nothing is unread, no limit is met. */
  clear(shared: Int32Array): void {
    Atomics.store(shared, words.notice, 0);
    Atomics.store(shared, words.unread, 0);
    Atomics.store(shared, words.limit, 0);
  },
  /** Gives notice, or wakes the guest for input that has come (level 0 leaves the notice as it is). */
  notify(shared: Int32Array, level: 0 | 1 | 2): void {
    if (level > 0) Atomics.store(shared, words.notice, level);
    Atomics.add(shared, words.events, 1);
    Atomics.notify(shared, words.events);
  },
  /** The limit that the run has met. */
  metLimit(shared: Int32Array): GuestLimit | undefined {
    return limits[Atomics.load(shared, words.limit)];
  },
  /** The run has met a limit, of which its thread has told. */
  meet(shared: Int32Array, limit: GuestLimit): void {
    Atomics.store(shared, words.limit, limits.indexOf(limit));
  },
  /** Output has been taken. */
  taken(shared: Int32Array, bytes: number): void {
    Atomics.sub(shared, words.unread, bytes);
    control.notify(shared, 0);
  },
};

export interface GuestSignals extends Signals {
  /**
   * Waits until something is worth looking at again: a notice, input, an answer, or room for output.
   *
   * @param timeoutMs Default: as long as it takes.
   */
  waitForEvent(seen: number, timeoutMs?: number): void;
  /** The count of events so far, for `waitForEvent`. */
  events(): number;
  /** Whether a notice is pending, without taking it. */
  pending(): boolean;
  /** A run begins: whatever an earlier one was told is over. */
  begin(): void;
  /** The run has met a limit: it gets its first notice. False if it is being stopped already. */
  meetLimit(limit: GuestLimit): boolean;
  /** Before output goes to the owner: waits while too much is unread. False if the output is to be dropped. */
  mayWrite(): boolean;
  /** Accounts for output that goes to the owner. */
  wrote(bytes: number): void;
  /** Waits until the owner has read everything, or the run is told to stop. */
  waitForReader(): void;
}

/** The guest's side. A notice of level 2 stays until the run is over, so that code cannot swallow it. */
export function guestSignals(shared: Int32Array): GuestSignals {
  const pending = () => Atomics.load(shared, words.notice) !== 0;
  const waitForEvent = (seen: number, timeoutMs = longestWaitMs) => {
    Atomics.wait(shared, words.events, seen, Math.min(timeoutMs, longestWaitMs));
  };
  const events = () => Atomics.load(shared, words.events);
  const unread = () => Atomics.load(shared, words.unread);
  /** From its first notice on, a run is about to end, and waits for no reader. */
  let isStopping = false;
  const waitWhileUnreadExceeds = (bytes: number) => {
    for (;;) {
      const seen = events();
      if (unread() <= bytes || isStopping || pending()) return;
      waitForEvent(seen);
    }
  };
  return {
    begin() {
      isStopping = false;
    },
    meetLimit(limit) {
      if (isStopping || pending()) return false;
      control.meet(shared, limit);
      control.notify(shared, 1);
      return true;
    },
    take() {
      const level = Atomics.load(shared, words.notice);
      if (level === 0) return 0;
      isStopping = true;
      if (level === 2) return 2;
      Atomics.compareExchange(shared, words.notice, 1, 0);
      return 1;
    },
    wait(timeoutMs) {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const seen = events();
        if (pending()) return true;
        const left = end - performance.now();
        if (!(left > 0)) return false;
        waitForEvent(seen, left);
      }
    },
    waitForEvent,
    events,
    pending,
    mayWrite() {
      waitWhileUnreadExceeds(maxUnreadBytes);
      return unread() <= maxUnreadBytesAtStop;
    },
    wrote(bytes) {
      Atomics.add(shared, words.unread, bytes);
    },
    waitForReader() {
      waitWhileUnreadExceeds(0);
    },
  };
}
