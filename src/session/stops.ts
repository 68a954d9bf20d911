/** Why a run can be stopped before its end, and what is said of it: in results, JSON lines and exit codes alike. */
export const stops = {
  timeout: {
    /** As `timeout` of a shell has it. */
    exitCode: 124,
    exception: "TimeoutError",
    /** Of a run that did not stop when asked. */
    ignored: "the run took longer than its time limit and did not stop when asked",
  },
  interrupt: {
    /** That of SIGINT. */
    exitCode: 130,
    exception: "InterruptedError",
    ignored: "the run did not stop when it was interrupted",
  },
} as const;

export type StopReason = keyof typeof stops;

/** In words that follow "The run was stopped:". */
export function whyStopped(reason: StopReason, timeoutMs: number): string {
  return reason === "timeout" ? `its time limit of ${timeoutMs / 1000} s is over` : "it was interrupted";
}
