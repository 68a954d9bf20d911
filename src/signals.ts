/**
 * How the host stops a guest, and how a guest waits. One side is the guest's thread, the other the thread that
 * owns the session, so an implementation usually stands on shared memory.
 */
export interface Signals {
  /**
   * Takes the pending notice, if any: 0 is none, 1 asks the running code to stop (`KeyboardInterrupt`), 2 is
   * final: the code has ignored the first and must be ended. Called often from the interpreter's loop: cheap.
   */
  take(): 0 | 1 | 2;
  /** Waits up to `timeoutMs` (Infinity: without end). Returns early, with true, when a notice is pending. */
  wait(timeoutMs: number): boolean;
}
