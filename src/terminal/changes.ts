/**
 * What of a terminal is not as a program finds it: a bit for each attribute of text that is in force, and one for a
 * hidden cursor. 0: nothing.
 */
export type TerminalChanges = number;

/**
 * The changes of the terminals behind standard output and standard error, one element each. It can be shared between
 * threads, so that one of them puts back what another had no time to.
 */
export type TerminalState = Int32Array;

export function createTerminalState(): TerminalState {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** For attributes that are not known by their numbers, or come back with a place of the cursor. */
const otherAttribute: TerminalChanges = 1;
const hiddenCursor: TerminalChanges = 2;
const firstAttribute: TerminalChanges = 4;

/** SGR's numbers: those that set an attribute, and the one that takes it back. */
const attributes: ReadonlyArray<readonly [set: readonly number[], takeBack: number]> = [
  [[1, 2], 22],
  [[3, 20], 23],
  [[4, 21], 24],
  [[5, 6], 25],
  [[7], 27],
  [[8], 28],
  [[9], 29],
  [range(11, 19), 10],
  [[26], 50],
  [[...range(30, 38), ...range(90, 97)], 39],
  [[...range(40, 48), ...range(100, 107)], 49],
  [[51, 52], 54],
  [[53], 55],
  [[58], 59],
  [range(60, 64), 65],
  [[73, 74], 75],
];
const setBy = new Map<number, TerminalChanges>();
const takenBackBy = new Map<number, TerminalChanges>();
for (const [index, [set, takeBack]] of attributes.entries()) {
  for (const number of set) setBy.set(number, firstAttribute << index);
  takenBackBy.set(takeBack, firstAttribute << index);
}

/** These are followed by a colour's numbers: 5 and one, or 2 and three. */
const extendedColors = new Set([38, 48, 58]);

/** What a sequence does to the changes: it keeps some of them, and makes others. */
export interface Effect {
  readonly keeps: TerminalChanges;
  readonly makes: TerminalChanges;
}

export const noEffect: Effect = { keeps: -1, makes: 0 };
export const hidesCursor: Effect = { keeps: -1, makes: hiddenCursor };
export const showsCursor: Effect = { keeps: ~hiddenCursor, makes: 0 };
export const restoresAttributes: Effect = { keeps: -1, makes: otherAttribute };

/** @param parameters What stands between `ESC [` and `m` of a sequence SGR. */
export function effectOfSgr(parameters: string): Effect {
  let keeps = -1;
  let makes = 0;
  const list = parameters.split(";");
  for (let at = 0; at < list.length; at++) {
    const [first, second] = (list[at] as string).split(":");
    const number = Number(first);
    // Underlining has its kinds behind a colon, and one of them is none.
    const takenBack =
      number === 0 ? ~hiddenCursor : takenBackBy.get(number === 4 && second === "0" ? 24 : number);
    if (takenBack === undefined) makes |= setBy.get(number) ?? otherAttribute;
    else {
      keeps &= ~takenBack;
      makes &= ~takenBack;
    }
    if (extendedColors.has(number) && second === undefined) at += list[at + 1] === "2" ? 4 : 2;
  }
  return { keeps, makes };
}

/** What puts a terminal back. */
export function restoringSequences(changes: TerminalChanges): string {
  const attributesBack = (changes & ~hiddenCursor) === 0 ? "" : "\x1b[0m";
  return (changes & hiddenCursor) === 0 ? attributesBack : `${attributesBack}\x1b[?25h`;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
