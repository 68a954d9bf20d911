/** Has the shell take over, as Ctrl-Z does it, until it has this process go on. */
export interface Suspension {
  /** Stops this process, and those of its job with it. */
  suspend(): void;
}

/** Where nobody controls jobs, the system takes no notice of Ctrl-Z, and nobody has the process go on. */
const longestStopMs = 100;

/**
 * The terminal is given back also when somebody else asks the process to stop (SIGTSTP), and taken again after a stop
 * that came without notice (SIGSTOP).
 *
 * @param release Puts the terminal as it was.
 * @param takeBack Takes it again; may come twice.
 */
export function createSuspension(release: () => void, takeBack: () => void): Suspension {
  if (process.platform === "win32") return { suspend() {} };
  let patience: NodeJS.Timeout | undefined;

  /** @param target As `process.kill` has it: 0 for all processes of the job. */
  function stop(target: number): void {
    release();
    process.off("SIGTSTP", onStop);
    process.kill(target, "SIGTSTP");
    patience = setTimeout(goOn, longestStopMs);
  }

  function goOn(): void {
    clearTimeout(patience);
    process.off("SIGTSTP", onStop).on("SIGTSTP", onStop);
    takeBack();
  }

  const onStop = () => stop(process.pid);
  process.on("SIGTSTP", onStop);
  process.on("SIGCONT", goOn);
  return { suspend: () => stop(0) };
}
