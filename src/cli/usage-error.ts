/** The command line asks for something that cannot be. `message` is one line that says what and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The exit code of a usage error, as `python` and most commands have it. */
export const usageExitCode = 2;
