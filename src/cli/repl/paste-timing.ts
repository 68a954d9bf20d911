/** How time passes for what tells pastes from typing. */
export interface Clock {
  /** Milliseconds from some beginning. */
  now(): number;
  sleep(timeMs: number): Promise<void>;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (timeMs) => new Promise((resolve) => setTimeout(resolve, timeMs)),
};

/** Keys that come closer together than this were not all typed by hand. */
export const pasteGapMs = 30;

/** So many keys, and fewer, may have been typed while the process was busy. */
const fewKeys = 64;
/** Of the keys ahead, so many are enough. */
export const mostLookedAt = fewKeys + 1;

/** What is looked at of a key. */
export interface TimedKey {
  /** Whether it ends a line. */
  readonly isEnter: boolean;
  /** Whether it is a space or a tab. */
  readonly isBlank: boolean;
  /** When it came. */
  readonly at: number;
}

/**
 * Tells a paste from typing where the terminal does not: its keys come all at once. Lines that are sent one right behind
 * the other may still be typed ahead, so a paste is known by its first line's end: an indented line follows, or very
 * much. From there on all that comes without a gap belongs to it, blank lines and all.
 */
export interface PasteTiming {
  /** The key that is taken next belongs to a paste. */
  readonly isPasting: boolean;
  take(key: TimedKey): void;
  /**
   * Whether the key that was taken last, which ends a line, is within a paste.
   *
   * @param ahead What has come and is not taken yet: asked again after a gap's time, if it decides.
   */
  goesOn(ahead: () => readonly TimedKey[]): Promise<boolean>;
}

export function createPasteTiming(clock: Clock): PasteTiming {
  let last = Number.NEGATIVE_INFINITY;
  let isPasting = false;

  function isRecognised(ahead: readonly TimedKey[]): boolean {
    let before = last;
    let count = 0;
    let isLineStart = true;
    for (const { at, isEnter, isBlank } of ahead) {
      if (at - before >= pasteGapMs) return false;
      if (isLineStart && isBlank) return true;
      if (++count > fewKeys) return true;
      isLineStart &&= isEnter;
      before = at;
    }
    return false;
  }

  return {
    get isPasting() {
      return isPasting;
    },
    take({ at }) {
      if (at - last >= pasteGapMs) isPasting = false;
      last = at;
    },
    async goesOn(ahead) {
      isPasting ||= isRecognised(ahead());
      if (!isPasting) return false;
      // The terminal's driver may hand over a long paste in pieces.
      if (ahead().length === 0) await clock.sleep(pasteGapMs);
      const [next] = ahead();
      return next !== undefined && next.at - last < pasteGapMs;
    },
  };
}
