import { emitKeypressEvents } from "node:readline";
import type { ReadStream } from "node:tty";

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
  /** Whether the last key came in one piece with the next: a paste by a terminal that does not say so. */
  readonly isPasting: boolean;
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

const fewKeys = 64;

interface NodeKey {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl?: boolean;
  readonly meta?: boolean;
}

export function openKeyboard(input: ReadStream): Keyboard {
  const kept: Array<{ readonly key: Key; readonly piece: number }> = [];
  /** Counts what the terminal sends at once. */
  let piece = 0;
  /** The piece of the key that was given last. */
  let taken = 0;
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
    if (resolve === undefined) kept.push({ key, piece });
    else {
      taken = piece;
      resolve(key);
    }
  }

  input.on("data", () => piece++);
  emitKeypressEvents(input, { escapeCodeTimeout: escapeMs } as never);
  const keyboard: Keyboard = {
    watch: undefined,
    next() {
      const first = kept.shift();
      if (first !== undefined) {
        taken = first.piece;
        return Promise.resolve(first.key);
      }
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    get isPasting() {
      const next = kept[0];
      if (next === undefined || next.piece !== taken) return false;
      // A few keys in one piece may just be typed while the process was busy.
      return next.key.text === " " || kept.length > fewKeys;
    },
    isAhead: (name) => kept.some(({ key }) => key.name === name),
    drop() {
      kept.length = 0;
    },
    pause() {
      input.off("keypress", receive);
      input.setRawMode(false);
      input.pause();
      process.stdout.write("\x1b[?2004l");
    },
    resume() {
      input.setRawMode(true);
      input.on("keypress", receive);
      input.resume();
      process.stdout.write("\x1b[?2004h");
    },
  };
  // The terminal must not stay raw, however the process ends.
  process.on("exit", () => keyboard.pause());
  // The terminal has gone.
  input.on("end", () => give({ name: "C-d", text: "" }));
  return keyboard;
}

function withoutControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/\t/g, "    ").replace(/[\0-\x09\x0b-\x1f\x7f-\x9f]/g, "");
}
