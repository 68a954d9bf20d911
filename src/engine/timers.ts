/** A timer of the platform's: what `setTimeout` gives. */
export type Timer = ReturnType<typeof setTimeout>;

/** As `setTimeout`, but where a process ends when nothing is left to do, this alone does not keep it alive. */
export function setQuietTimeout(action: () => void, delayMs: number): Timer {
  const timer = setTimeout(action, delayMs);
  (timer as { unref?(): void }).unref?.();
  return timer;
}
