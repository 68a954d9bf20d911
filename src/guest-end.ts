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
