import { type Effect, restoringSequences, type TerminalChanges } from "./changes.js";
import { type Allowance, effectOf } from "./sequences.js";
import { characterLength, incomplete } from "./utf8.js";

/** Keeps what is no text, and not allowed, from a terminal. It remembers what stands open at the end of each piece. */
export interface TerminalFilter {
  /**
   * What of the next bytes may be shown: the very same array if that is all of them. It never ends within a sequence
   * or a character.
   */
  pass(bytes: Uint8Array): Uint8Array;
  /** As `pass`, for a piece of text that has whole characters at its ends. */
  passText(text: string): string;
  /** What is changed on the terminal by what has passed. */
  readonly changes: TerminalChanges;
  /** Gives what takes the changes back, and begins anew: what stands open is dropped. */
  end(): string;
}

/** A longer sequence is none: what follows is text. All that has a meaning is far shorter. */
const longestSequence = 128;
/**
 * In bytes. What follows a string (a title, an image) that does not end is text: whoever forgets its end loses so much
 * output, not all of it. Nothing of it is kept in memory.
 */
const longestString = 2 ** 20;
/** Programs use few sequences, and again and again: what is known of so many is remembered. */
const mostRemembered = 500;

const backspace = 0x08;
const bell = 0x07;
const carriageReturn = 0x0d;
const cancel = 0x18;
const substitute = 0x1a;
const escapeByte = 0x1b;
const del = 0x7f;
const nothing = new Uint8Array(0);
const replacementCharacter = Uint8Array.of(0xef, 0xbf, 0xbd);

/** The first bytes after ESC, and the C1 controls of the same meaning, that begin more than a short sequence. */
const introducers: ReadonlyMap<number, State> = new Map([
  [0x5b, "control sequence"],
  [0x9b, "control sequence"],
  [0x5d, "command string"],
  [0x9d, "command string"],
  // DCS, SOS, PM, APC, and the title of `screen` and `tmux`.
  ...[0x50, 0x90, 0x58, 0x98, 0x5e, 0x9e, 0x5f, 0x9f, 0x6b].map((byte) => [byte, "string"] as const),
]);

type State = "text" | "escape sequence" | "control sequence" | "command string" | "string";

/**
 * A parser as terminals have it (ECMA-48, and what xterm adds), for one stream. A sequence passes once it is whole, so
 * what two streams write to one terminal makes no third one. Bytes that are no UTF-8 become U+FFFD; the terminal is
 * taken to read UTF-8.
 */
export function createTerminalFilter(allowance: Allowance = "screen"): TerminalFilter {
  const plain = plainBytes(allowance);
  const effects = new Map<string, Effect | undefined>();
  let state: State = "text";
  /** What has come of a sequence, without its ESC. */
  const sequence = new Uint8Array(longestSequence);
  /** Of the sequence or the string, in bytes. */
  let length = 0;
  /** The beginning of a character. */
  let held = nothing;
  let changes: TerminalChanges = 0;
  let passed = nothing;
  let passedLength = 0;

  function pass(piece: Uint8Array): Uint8Array {
    const bytes = held.length === 0 ? piece : joined(held, piece);
    held = nothing;
    const plainEnd = state === "text" ? plainLength(bytes, plain) : 0;
    if (plainEnd === bytes.length) return bytes;
    // Enough for all but replacements: a sequence may have begun in an earlier piece.
    passed = new Uint8Array(bytes.length + longestSequence + 1);
    passed.set(bytes.subarray(0, plainEnd));
    passedLength = plainEnd;
    for (let at = plainEnd; at < bytes.length; ) {
      const byte = bytes[at] as number;
      if (byte <= del) {
        takeByte(byte);
        at++;
        continue;
      }
      const count = characterLength(bytes, at);
      if (count === incomplete) {
        held = bytes.slice(at);
        break;
      }
      const next = at + Math.abs(count);
      if (isC1(bytes, at, count)) takeC1(bytes[at + 1] as number);
      else takeCharacter(count > 0 ? bytes.subarray(at, next) : replacementCharacter, bytes.length - next);
      at = next;
    }
    const result = passed.subarray(0, passedLength);
    passed = nothing;
    return result;
  }

  function takeByte(byte: number): void {
    if (state === "text") {
      if (plain[byte] === 1) passed[passedLength++] = byte;
      else if (byte === escapeByte) begin("escape sequence");
    } else if (byte === escapeByte) begin("escape sequence");
    else if (byte === cancel || byte === substitute) state = "text";
    else if (isString()) takeOfString(byte);
    else if (byte < 0x20 || byte === del) {
      // Terminals do at once what a control character within a sequence says.
      if (plain[byte] === 1) passed[passedLength++] = byte;
    } else takeOfSequence(byte);
  }

  function takeOfString(byte: number): void {
    if (state === "command string" && byte === bell) state = "text";
    else if (length < longestString) length++;
    else {
      state = "text";
      takeByte(byte);
    }
  }

  function takeOfSequence(byte: number): void {
    const introduced = state === "escape sequence" && length === 0 ? introducers.get(byte) : undefined;
    if (introduced !== undefined) begin(introduced, byte);
    else if (length === longestSequence) {
      state = "text";
      takeByte(byte);
    } else {
      sequence[length++] = byte;
      const firstFinal = state === "escape sequence" ? 0x30 : 0x40;
      if (byte >= firstFinal) finishSequence();
    }
  }

  function finishSequence(): void {
    state = "text";
    const text = String.fromCharCode.apply(null, sequence.subarray(0, length) as unknown as number[]);
    let effect = effects.get(text);
    if (effect === undefined && !effects.has(text)) {
      if (effects.size === mostRemembered) effects.clear();
      effect = effectOf(text, allowance);
      effects.set(text, effect);
    }
    if (effect === undefined) return;
    changes = (changes & effect.keeps) | effect.makes;
    passed[passedLength++] = escapeByte;
    for (let index = 0; index < length; index++) passed[passedLength++] = sequence[index] as number;
  }

  /** Ends whatever was open. What it begins is not allowed, since the introducer stands in the sequence: not all terminals know it. */
  function takeC1(byte: number): void {
    begin(introducers.get(byte) ?? "text", byte);
  }

  /** Ends a sequence, but is a part of a string. `left` is how many bytes follow. */
  function takeCharacter(bytes: Uint8Array, left: number): void {
    if (isString() && length + bytes.length <= longestString) {
      length += bytes.length;
      return;
    }
    state = "text";
    const room = passedLength + bytes.length + left + longestSequence + 1;
    if (room > passed.length) passed = joined(passed, new Uint8Array(room));
    for (let index = 0; index < bytes.length; index++) passed[passedLength++] = bytes[index] as number;
  }

  function begin(next: State, introducer?: number): void {
    state = next;
    length = 0;
    if (next === "control sequence" && introducer !== undefined) sequence[length++] = introducer;
  }

  function isString(): boolean {
    return state === "command string" || state === "string";
  }

  return {
    pass,
    passText(text) {
      const bytes = new TextEncoder().encode(text);
      const result = pass(bytes);
      return result === bytes ? text : new TextDecoder("utf-8", { ignoreBOM: true }).decode(result);
    },
    get changes() {
      return changes;
    },
    end() {
      const sequences = restoringSequences(changes);
      state = "text";
      held = nothing;
      changes = 0;
      return sequences;
    },
  };
}

/** What may be shown of a whole text, with the terminal put back at its end. */
export function cleanText(text: string, allowance: Allowance): string {
  if (/^[\x20-\x7e\n\t]*$/.test(text)) return text;
  const filter = createTerminalFilter(allowance);
  return filter.passText(text) + filter.end();
}

/** By byte: whether it is text of one byte, or a control character that is allowed. */
function plainBytes(allowance: Allowance): Uint8Array {
  const plain = new Uint8Array(256).fill(1, 0x20, del);
  for (const control of "\t\n") plain[control.charCodeAt(0)] = 1;
  if (allowance === "screen") plain[backspace] = plain[carriageReturn] = 1;
  return plain;
}

/** How many bytes from the first on are plain, or whole characters that are no C1 control. */
function plainLength(bytes: Uint8Array, plain: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] as number;
    if (plain[byte] === 1) at++;
    else if (byte <= del) break;
    else {
      const count = characterLength(bytes, at);
      if (count <= 0 || isC1(bytes, at, count)) break;
      at += count;
    }
  }
  return at;
}

/** U+0080 to U+009F. */
function isC1(bytes: Uint8Array, at: number, count: number): boolean {
  return count === 2 && bytes[at] === 0xc2 && (bytes[at + 1] as number) < 0xa0;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
