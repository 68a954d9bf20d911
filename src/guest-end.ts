/** How a guest comes to its end by itself. Thrown through the guest's stack by what it called. */

/** The guest ended itself (`os._exit`, `proc_exit`): its memory is of no further use. */
export class GuestExit extends Error {
  override readonly name = "GuestExit";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`the guest exited with code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The guest trapped, overflowed the stack or aborted: its memory is of no further use. */
export class GuestCrash extends Error {
  override readonly name = "GuestCrash";
}

/** V8's own: the guest, or the host below it, has called too deep. */
export function isStackOverflow(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Maximum call stack size exceeded";
}

/** What a shell reports for a program that a signal ended, which is 128 and the signal's number. */
export const signalExitCodes = {
  /** SIGINT: an interrupt that nothing caught. The drivers give it for a program that one has ended. */
  interrupted: 130,
  /** SIGABRT: the interpreter broke down. */
  crash: 134,
  /** SIGPIPE: nobody reads the output any more. */
  brokenPipe: 141,
} as const;

/**
 * What ended a guest, from what its WebAssembly call threw: its own `GuestExit` or `GuestCrash`, or for anything else
 * a `GuestCrash` that says in one line what it was.
 *
 * @param said What the guest itself said of it, if it did.
 */
export function guestEnd(error: unknown, said = ""): GuestExit | GuestCrash {
  if (error instanceof GuestExit || error instanceof GuestCrash) return error;
  return new GuestCrash(oneLine(said) || reason(error), { cause: error });
}

function reason(error: unknown): string {
  if (isStackOverflow(error)) return "call stack exhausted";
  if (error instanceof WebAssembly.RuntimeError) return traps[error.message] ?? oneLine(error.message);
  // A language's exception that nothing in the guest caught arrives as an object of its own kind.
  if (!(error instanceof Error)) return "an exception of the guest was not caught";
  return oneLine(`${error.name}: ${error.message}`);
}

/** V8's words for the traps of which it says too little. The others are clear enough as they are. */
const traps: Readonly<Record<string, string>> = {
  unreachable: "an unreachable instruction was reached (the program aborted)",
  "null function or function signature mismatch": "a call to a null function, or to one of another type",
  "table index is out of bounds": "a call through a function table index that is out of bounds",
  "divide by zero": "an integer division by zero",
  "remainder by zero": "an integer division by zero",
  "divide result unrepresentable": "an integer overflow in a division",
  "float unrepresentable in integer range": "a number too large for an integer",
};

/** Whatever it was: no blanks but single spaces. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
