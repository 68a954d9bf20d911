import { GuestCrash } from "./guest.js";

/**
 * What ended a guest, in one line, from what its WebAssembly call threw. Only for what is not a `GuestExit`, nor
 * anything else that was thrown on purpose.
 */
export function guestCrash(error: unknown): GuestCrash {
  return new GuestCrash(reason(error), { cause: error });
}

function reason(error: unknown): string {
  if (error instanceof RangeError && error.message === "Maximum call stack size exceeded") {
    return "stack overflow";
  }
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

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
