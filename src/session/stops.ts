import { signalExitCodes } from "../guest-end.js";

/**
 * Why a run can be stopped before its end, and what is said of it: in results, JSON lines and exit codes alike. The exit
 * codes are those of a shell's `timeout`, and of the signals that end a program for the same reason elsewhere.
 */
export const stops = {
  timeout: {
    exitCode: 124,
    exception: "TimeoutError",
    /** Of a run that did not stop when asked. */
    ignored: "the run took longer than its time limit and did not stop when asked",
  },
  cpu: {
    /** SIGXCPU. */
    exitCode: 152,
    exception: "TimeoutError",
    ignored: "the run took more processor time than its limit and did not stop when asked",
  },
  interrupt: {
    /** SIGINT. */
    exitCode: signalExitCodes.interrupted,
    exception: "InterruptedError",
    ignored: "the run did not stop when it was interrupted",
  },
  memory: {
    /** SIGKILL, which is what Linux ends a program with whose memory is used up. */
    exitCode: 137,
    exception: "MemoryError",
    ignored: "the run used up its memory and did not stop when asked",
  },
  output: {
    /** SIGXFSZ. */
    exitCode: 153,
    exception: "OutputError",
    ignored: "the run wrote more than its limit and did not stop when asked",
  },
  calls: {
    /** The next one, which no limit of a system's has. */
    exitCode: 154,
    exception: "CallsError",
    ignored: "the run called more host functions than it may and did not stop when asked",
  },
} as const;

export type StopReason = keyof typeof stops;

/** What a run may take. */
export interface RunLimits {
  readonly timeoutMs?: number | undefined;
  readonly cpuTimeoutMs?: number | undefined;
  readonly memoryBytes: number;
  readonly maxOutputBytes: number;
  readonly maxCalls?: number | undefined;
  readonly maxWaitMs?: number | undefined;
  /** The time that is over is that of waiting for host functions. */
  readonly hasWaited?: boolean;
}

/** In words that follow "The run was stopped:". */
export function whyStopped(reason: StopReason, limits: RunLimits): string {
  if (reason === "interrupt") return "it was interrupted";
  const ending = {
    timeout: "is over",
    cpu: "is used up",
    memory: "is used up",
    output: "is reached",
    calls: "is reached",
  };
  return `${limitMet(reason, limits)} ${ending[reason]}`;
}

/** In words that follow "stopped at". */
export function limitMet(reason: Exclude<StopReason, "interrupt">, limits: RunLimits): string {
  switch (reason) {
    case "timeout":
      if (limits.hasWaited) return `its limit of ${inSeconds(limits.maxWaitMs)} for waiting`;
      return `its time limit of ${inSeconds(limits.timeoutMs)}`;
    case "cpu":
      return `its processor time limit of ${inSeconds(limits.cpuTimeoutMs)}`;
    case "memory":
      return `its memory limit of ${inBytes(limits.memoryBytes)}`;
    case "output":
      return `its output limit of ${inBytes(limits.maxOutputBytes)}`;
    case "calls":
      return `its limit of ${limits.maxCalls} calls of host functions`;
  }
}

function inSeconds(timeMs = 0): string {
  return `${timeMs / 1000} s`;
}

const mebibyte = 2 ** 20;

function inBytes(bytes: number): string {
  if (bytes % mebibyte === 0) return `${bytes / mebibyte} MiB`;
  return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
}
