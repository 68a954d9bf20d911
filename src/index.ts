export type { Language } from "./engine/runtime.js";
export { type ErrorCode, WasmReplError } from "./errors.js";
export type { InspectRequest } from "./guest/guest.js";
export { setPackageDirectory } from "./node/package-root.js";
export { type CreateSessionsOptions, createPool, createSession, createSessions } from "./node/sessions.js";
export type { DeterministicOptions } from "./session/deterministic.js";
export type { InspectAnswers, InspectKind } from "./session/inspection.js";
export type {
  CellResult,
  Mount,
  MountMode,
  RunOptions,
  RunSignal,
  SessionOptions,
} from "./session/options.js";
export type { Pool, PoolOptions } from "./session/pool.js";
export type { CreateSessionOptions, Session } from "./session/session.js";
export type { Sessions, SessionsOptions } from "./session/sessions.js";
export type { SessionStats, SessionTotals } from "./session/stats.js";
