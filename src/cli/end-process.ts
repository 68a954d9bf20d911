/** How a command ends: with an exit code, or by a signal that it was sent and has tidied up after. */
export type ExitStatus = number | EndingSignal;

/** Signals that ask a process to end, by their numbers. */
const endingSignals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type EndingSignal = keyof typeof endingSignals;
/** What a shell adds to the number of the signal that ended a program. */
const firstSignalCode = 128;
/** A signal to oneself comes at once, or, where it is blocked, never. */
const signalMs = 1000;

/**
 * Resolves with the first signal that asks this process to end, which then has time to do so. A second one ends it at
 * once.
 *
 * @param signals Those that are waited for. Default: all.
 */
export function firstEndingSignal(
  signals = Object.keys(endingSignals) as EndingSignal[],
): Promise<EndingSignal> {
  return new Promise((resolve) => {
    const listener = (signal: NodeJS.Signals) => {
      for (const each of signals) process.off(each, listener);
      resolve(signal as EndingSignal);
    };
    for (const each of signals) process.on(each, listener);
  });
}

/**
 * Ends this process. After Ctrl-C it ends by that very signal, so that a shell stops its loop or script as well.
 * Not by letting the event loop run dry: an idle thread or a compilation in the background would be waited for.
 */
export function endProcess(status: ExitStatus): void {
  if (typeof status === "number") process.exit(status);
  process.removeAllListeners(status);
  process.kill(process.pid, status);
  setTimeout(() => process.exit(firstSignalCode + endingSignals[status]), signalMs);
}
