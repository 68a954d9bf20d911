import type { GuestMemory } from "../guest-memory.js";
import { readable, shownBuffers, shownErrno, shownPointer, shownString, shownText } from "./shown.js";
import type { Signatures } from "./signatures.js";

/** As WebAssembly passes it. */
export type Passed = number | bigint | null | undefined;

/** A call in words, once it is over. */
export interface ShownCall {
  readonly args: readonly string[];
  readonly result: string;
}

/**
 * Shows the parameters of a call before it is made, and gives what shows the whole of it from its result. Reads the
 * guest's memory with care: nothing that a guest passes makes it throw.
 */
export type Shower = (name: string, args: readonly Passed[]) => (ending: Ending) => ShownCall;

/** What a call gave; undefined if it did not come back. */
export type Ending = { readonly result: unknown } | undefined;

interface Kind {
  readonly takes: 1 | 2;
  show(memory: GuestMemory, first: number, second: number): string;
  /** What is there once the call has succeeded, having moved so many bytes. */
  showAfter?(memory: GuestMemory, first: number, second: number, movedBytes: () => number): string;
}

const asPointer = (_memory: GuestMemory, pointer: number) => shownPointer(pointer);

/** See `Signatures`. */
const kinds: Readonly<Record<string, Kind>> = {
  d: { takes: 1, show: (_memory, number) => (number === -100 ? "AT_FDCWD" : String(number)) },
  o: { takes: 1, show: (_memory, number) => `0${(number >>> 0).toString(8)}` },
  p: { takes: 1, show: asPointer },
  z: { takes: 1, show: shownString },
  s: { takes: 2, show: shownText },
  v: {
    takes: 2,
    show: (memory, list, count) => shownBuffers(memory, list, count, Number.POSITIVE_INFINITY),
  },
  V: {
    takes: 2,
    show: asPointer,
    showAfter: (memory, list, count, movedBytes) => shownBuffers(memory, list, count, movedBytes()),
  },
  R: {
    takes: 2,
    show: asPointer,
    showAfter: (memory, pointer, _size, movedBytes) => shownText(memory, pointer, movedBytes()),
  },
  u: { takes: 1, show: asPointer, showAfter: (memory, pointer) => `[${memory.u32(pointer)}]` },
  U: { takes: 1, show: asPointer, showAfter: (memory, pointer) => `[${memory.u64(pointer)}]` },
};

/** What a call's result is: an error number, a value or the negative of an error number, or a value. */
export type ResultKind = "errno" | "value or errno" | "value";

export function showBySignature(
  signatures: Signatures,
  memory: GuestMemory,
  resultKind: (name: string) => ResultKind,
): Shower {
  return (name, args) => {
    const letters = (Object.hasOwn(signatures, name) && signatures[name]) || "";
    const kindOfResult = resultKind(name);
    const isErrno = kindOfResult === "errno";
    const parts: Array<(movedBytes: (() => number) | undefined) => string> = [];
    for (let at = 0, letter = 0; at < args.length; letter++) {
      const kind = kinds[letters[letter] ?? ""];
      const [first, second] = [Number(args[at] ?? 0), Number(args[at + 1] ?? 0)];
      const number = letters[letter] === "x" ? hexadecimal(args[at]) : String(args[at]);
      const before = kind === undefined ? number : kind.show(memory, first, second);
      parts.push((movedBytes) =>
        movedBytes === undefined || kind?.showAfter === undefined
          ? before
          : readable(first, () => kind.showAfter?.(memory, first, second, movedBytes) ?? before),
      );
      at += kind?.takes ?? 1;
    }
    return (ending) => {
      const result = Number(ending?.result ?? 0);
      const isError = isErrno ? result !== 0 : kindOfResult === "value or errno" && result < 0;
      const hasSucceeded = ending !== undefined && !isError;
      const movedBytes = () => (isErrno ? memory.u32(Number(args.at(-1))) : result);
      return {
        args: parts.map((show) => show(hasSucceeded ? movedBytes : undefined)),
        result: ending === undefined ? "?" : isError ? shownErrno(result) : String(ending.result ?? 0),
      };
    };
  };
}

function hexadecimal(value: Passed): string {
  const bits = typeof value === "bigint" ? BigInt.asUintN(64, value) : Number(value) >>> 0;
  return `0x${bits.toString(16)}`;
}
