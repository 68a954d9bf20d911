import type { ThreadHandle } from "../engine/handle.js";

/** Adds up the processor time that threads take while they are a session's. */
export interface CpuMeter {
  /** The session has this thread from now on. */
  begin(thread: ThreadHandle): void;
  /** It has it no longer. To be told also of a thread that is gone. */
  end(): void;
  /** Milliseconds so far; undefined where the system does not tell. */
  total(): number | undefined;
}

export function createCpuMeter(): CpuMeter {
  let earlierMs: number | undefined;
  let current: { readonly thread: ThreadHandle; readonly startMs: number } | undefined;

  function total(): number | undefined {
    const nowMs = current?.thread.cpuMs();
    if (current === undefined || nowMs === undefined) return earlierMs;
    return (earlierMs ?? 0) + nowMs - current.startMs;
  }

  return {
    begin(thread) {
      // One that does not tell yet comes up for this session.
      current = { thread, startMs: thread.cpuMs() ?? 0 };
    },
    end() {
      earlierMs = total();
      current = undefined;
    },
    total,
  };
}
