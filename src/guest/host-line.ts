import type { NetworkLine } from "../abi/network-line.js";

/** Calls whose names begin so are none of a host function's: the network answers them. */
export const networkCallPrefix = "net:";

/**
 * How a guest's driver speaks with its host while code runs: it calls functions of the host, and hears what came of
 * it. What comes from the guest is a stranger's; see `call-values.ts` for the form of the values.
 */
export interface HostLine {
  /** The most bytes of a call's arguments, and of what it gives. */
  readonly maxCallBytes: number;
  /** What the arguments of all calls take that have no answer yet, in bytes, and some more. */
  pendingBytes(): number;
  /** Takes a call. What is wrong with it is its answer. */
  call(call: GuestCall): void;
  /** As `call`, for one that cannot be read: what is wrong with it. */
  refuse(id: number, reason: string): void;
  /** The guest does not want the answer any more. */
  cancel(id: number): void;
  /** What the code has shown of a value, by MIME type. */
  display(shown: CrossingValue): void;
  /**
   * The next answer. Waits up to `waitMs` for one (Infinity: without end). Undefined if there is none by then, or if the
   * code is to be interrupted; see `Signals`.
   */
  receive(waitMs: number): HostAnswer | undefined;
  /** Whether there is an answer that `receive` would give at once. */
  isAnswered(): boolean;
  /** Whether the code is to be interrupted. */
  isInterrupted(): boolean;
  /** How its sockets reach the network, by calls of their own. */
  readonly network: NetworkLine;
}

/** A value on its way between guest and host. */
export interface CrossingValue {
  /** JSON. Bytes in it are `{"$bytes": index}`. */
  readonly json: string;
  readonly bytes: readonly Uint8Array[];
}

export interface GuestCall {
  /** Names the call in its session: a whole number that no other call of the session has, or had. */
  readonly id: number;
  /** The function's name; in a namespace, the names with dots between them. */
  readonly name: string;
  /** A list of the arguments, and an object of those that have names. */
  readonly args: CrossingValue;
}

/** What became of a call, or (`isSuspended`) that its answer comes another day. */
export type HostAnswer =
  | { readonly id: number; readonly value: CrossingValue }
  | { readonly id: number; readonly error: HostFailure }
  | { readonly id: number; readonly isSuspended: true };

/** What guest code gets as an exception. */
export interface HostFailure {
  /** The name of an exception that the guest's language has; any other becomes a `HostError` with it. */
  readonly type: string;
  readonly message: string;
}

/** Where a guest stands that waits for answers which come another day, to whoever has its state by then. */
export interface Suspension {
  /** The run at hand waits for nothing else, and goes on with the mode `resume`. */
  readonly ofRun: boolean;
  /** The calls' ids, ascending. */
  readonly calls: readonly number[];
  /** What their arguments take, in bytes, and some more. */
  readonly bytes: number;
}

/** A host function, as the guest's driver makes one of its own for it. */
export interface FunctionDeclaration {
  /** See `GuestCall`. */
  readonly name: string;
  /** What a plain call does: wait (`sync`), or give what can be awaited (`async`). Absent: as the language has it. */
  readonly style?: "sync" | "async";
  readonly documentation?: string;
  /** The names of its arguments, in order. Absent: it takes any. */
  readonly parameters?: ReadonlyArray<{ readonly name: string; readonly isRequired: boolean }>;
}
