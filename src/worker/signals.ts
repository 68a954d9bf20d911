import type { Signals } from "../signals.js";

/**
 * The words of shared memory between a session's owner and its thread.
 *
 * - `notice`: the level of the pending notice, see `Signals`.
 * - `events`: counts everything that a waiting guest should look up for; the word it waits on.
 * - `unread`: bytes of streamed output that the owner has not taken yet.
 */
const words = { notice: 0, events: 1, unread: 2 } as const;

/** A guest that has written this much more than was read waits until the reader catches up. */
const maxUnreadBytes = 1024 * 1024;

/** How long a wait may be that `Atomics.wait` is given at once; it takes no Infinity on all versions. */
const longestWaitMs = 1e9;

export function createControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * Object.keys(words).length));
}

/** The owner's side. */
export const control = {
  /** Before a run: no notice is pending, nothing is unread. */
  clear(shared: Int32Array): void {
    Atomics.store(shared, words.notice, 0);
    Atomics.store(shared, words.unread, 0);
  },
  /** Gives notice, or wakes the guest for input that has come (level 0 leaves the notice as it is). */
  notify(shared: Int32Array, level: 0 | 1 | 2): void {
    if (level > 0) Atomics.store(shared, words.notice, level);
    Atomics.add(shared, words.events, 1);
    Atomics.notify(shared, words.events);
  },
  /** Output has been taken. */
  taken(shared: Int32Array, bytes: number): void {
    Atomics.sub(shared, words.unread, bytes);
    control.notify(shared, 0);
  },
};

export interface GuestSignals extends Signals {
  /** Waits until something is worth looking at again: a notice, input, or room for output. */
  waitForEvent(seen: number): void;
  /** The count of events so far, for `waitForEvent`. */
  events(): number;
  /** Whether a notice is pending, without taking it. */
  pending(): boolean;
  /** Accounts for output that goes to the owner; waits while too much is unread. */
  sent(bytes: number): void;
}

/** The guest's side. A notice of level 2 stays until the run is over, so that code cannot swallow it. */
export function guestSignals(shared: Int32Array): GuestSignals {
  const pending = () => Atomics.load(shared, words.notice) !== 0;
  const waitForEvent = (seen: number, timeoutMs = longestWaitMs) => {
    Atomics.wait(shared, words.events, seen, Math.min(timeoutMs, longestWaitMs));
  };
  const events = () => Atomics.load(shared, words.events);
  return {
    take() {
      const level = Atomics.load(shared, words.notice);
      if (level === 0) return 0;
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
    sent(bytes) {
      Atomics.add(shared, words.unread, bytes);
      for (;;) {
        const seen = events();
        if (Atomics.load(shared, words.unread) <= maxUnreadBytes || pending()) return;
        waitForEvent(seen);
      }
    },
  };
}
