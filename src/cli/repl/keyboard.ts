import { emitKeypressEvents } from "node:readline";
import { type Clock, createPasteTiming, mostLookedAt, systemClock, type TimedKey } from "./paste-timing.js";

/** A key, or a whole paste, whose name is `paste`. */
export interface Key {
  /** As Node.js names it, with `C-` and `M-` before it; a character that is typed has its text only. */
  readonly name: string;
  /** What is to be inserted, if it is a character or a paste. */
  readonly text: string;
}

/** The keys of a terminal. Those that nobody waits for are kept, as what one types ahead. */
export interface Keyboard {
  next(): Promise<Key>;
  /** Looks at each key as it comes, whoever waits for it; true takes it away. */
  watch: ((key: Key) => boolean) | undefined;
  /** The keys come from a paste, by a terminal that does not say so. */
  readonly isPasting: boolean;
  /** Whether Enter, which was the last key, is one of such a paste. Waits for a moment if it may be. */
  isPastedEnter(): Promise<boolean>;
  /** Whether such a key was typed ahead. */
  isAhead(name: string): boolean;
  /** Forgets what was typed ahead. */
  drop(): void;
  /** Gives the terminal back as it was, for another program or at the end; `resume` takes it again. */
  pause(): void;
  resume(): void;
}

/** An escape key that is nothing but itself is known as such after this long. */
const escapeMs = 50;

interface NodeKey {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

/** What of a terminal's input is used. */
export type TerminalInput = NodeJS.ReadableStream & { setRawMode(isRaw: boolean): unknown };

/** @param output Is told of the modes that the terminal is to be in. */
export function openKeyboard(
  input: TerminalInput,
  output: { write(text: string): unknown },
  clock: Clock = systemClock,
): Keyboard {
  const kept: Array<{ readonly key: Key; readonly at: number }> = [];
  const timing = createPasteTiming(clock);
  /** When the terminal sent something last. */
  let at = clock.now();
  let waiting: ((key: Key) => void) | undefined;
  let pasted: string[] | undefined;

  function receive(text: string | undefined, { name, sequence, ctrl, meta }: NodeKey): void {
    if (name === "paste-start") {
      pasted = [];
    } else if (name === "paste-end") {
      const paste = pasted?.join("").replace(/\r\n?/g, "\n") ?? "";
      pasted = undefined;
      give({ name: "paste", text: withoutControlCharacters(paste) });
    } else if (pasted !== undefined) {
      pasted.push(sequence ?? text ?? "");
    } else if (name === "escape") {
      // Node.js takes it for the start of some key with Alt.
      give({ name, text: "" });
    } else if (ctrl === true || meta === true) {
      give({ name: `${ctrl === true ? "C-" : ""}${meta === true ? "M-" : ""}${name ?? sequence}`, text: "" });
    } else if (text !== undefined && text >= " " && text !== "\x7f") {
      give({ name: "", text });
    } else give({ name: name ?? sequence ?? "", text: "" });
  }

  function give(key: Key): void {
    if (keyboard.watch?.(key) === true) return;
    const resolve = waiting;
    waiting = undefined;
    if (resolve === undefined) kept.push({ key, at });
    else {
      timing.take(timed(key, at));
      resolve(key);
    }
  }

  input.on("data", () => {
    at = clock.now();
  });
  emitKeypressEvents(input, { escapeCodeTimeout: escapeMs } as never);
  const keyboard: Keyboard = {
    watch: undefined,
    next() {
      const first = kept.shift();
      if (first !== undefined) {
        timing.take(timed(first.key, first.at));
        return Promise.resolve(first.key);
      }
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    get isPasting() {
      return timing.isPasting;
    },
    isPastedEnter: () =>
      timing.goesOn(() => kept.slice(0, mostLookedAt).map((entry) => timed(entry.key, entry.at))),
    isAhead: (name) => kept.some(({ key }) => key.name === name),
    drop() {
      kept.length = 0;
    },
    pause() {
      input.off("keypress", receive);
      input.setRawMode(false);
      input.pause();
      output.write("\x1b[?2004l");
    },
    resume() {
      // What is resumed twice gets each key once.
      input.off("keypress", receive);
      input.setRawMode(true);
      input.on("keypress", receive);
      input.resume();
      output.write("\x1b[?2004h");
    },
  };
  // The terminal must not stay raw, however the process ends.
  process.on("exit", () => keyboard.pause());
  // The terminal has gone.
  for (const event of ["end", "error"]) input.on(event, () => give({ name: "C-d", text: "" }));
  return keyboard;
}

function timed({ name, text }: Key, at: number): TimedKey {
  return { isEnter: isEnter(name), isBlank: text === " " || name === "tab", at };
}

export function isEnter(name: string): boolean {
  return name === "return" || name === "enter";
}

function withoutControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\t/g, "    ").replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, "");
}
