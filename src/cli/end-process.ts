/** How a command ends: with an exit code, or as Ctrl-C ends a program that leaves it alone. */
export type ExitStatus = number | "SIGINT";

/** What a shell reports for a program that SIGINT ended: 128 + 2. */
export const interruptedExitCode = 130;

/** A signal to oneself comes at once, or, where it is blocked, never. */
const signalMs = 1000;

/**
 * Ends this process. After Ctrl-C it ends by that very signal, so that a shell stops its loop or script as well.
 * Not by letting the event loop run dry: an idle thread or a compilation in the background would be waited for.
 */
export function endProcess(status: ExitStatus): void {
  if (status !== "SIGINT") process.exit(status);
  process.removeAllListeners(status);
  process.kill(process.pid, status);
  setTimeout(() => process.exit(interruptedExitCode), signalMs);
}
