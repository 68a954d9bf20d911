const endingSignals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Resolves with the first signal that asks this process to end, which then has time to do so. A second one ends it at
 * once.
 */
export function firstEndingSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const listener = (signal: NodeJS.Signals) => {
      for (const each of endingSignals) process.off(each, listener);
      resolve(signal);
    };
    for (const each of endingSignals) process.on(each, listener);
  });
}

/** Ends this process by the signal that it was sent, so that whoever waits for it sees that. */
export async function endBy(signal: NodeJS.Signals): Promise<never> {
  process.kill(process.pid, signal);
  return new Promise(() => {});
}
