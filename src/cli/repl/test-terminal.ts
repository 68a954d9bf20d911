import { PassThrough } from "node:stream";
import { openKeyboard, type TerminalInput } from "./keyboard.js";
import type { Clock } from "./paste-timing.js";

/** A clock that only a test moves; whoever sleeps wakes when its time has come. */
export interface TestClock extends Clock {
  pass(timeMs: number): void;
}

export function createTestClock(): TestClock {
  let time = 0;
  let sleepers: Array<{ readonly until: number; wake(): void }> = [];
  return {
    now: () => time,
    sleep: (timeMs) =>
      new Promise((resolve) => {
        sleepers.push({ until: time + timeMs, wake: resolve });
      }),
    pass(timeMs) {
      time += timeMs;
      const due = sleepers.filter(({ until }) => until <= time);
      sleepers = sleepers.filter(({ until }) => until > time);
      for (const { wake } of due) wake();
    },
  };
}

/** A keyboard on which a test types. */
export function createTestKeyboard() {
  const clock = createTestClock();
  const modes: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
  }) as PassThrough & TerminalInput;
  const written: string[] = [];
  const keyboard = openKeyboard(input, { write: (text: string) => written.push(text) }, clock);
  keyboard.resume();
  return {
    clock,
    keyboard,
    modes,
    written,
    /** Sends what a terminal would, in one piece, and lets all that follows from it happen. */
    async type(text: string): Promise<void> {
      input.write(text);
      await settle();
    },
  };
}

/** Lets what is ready go on, until nothing is. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
