export type { Language } from "./engine/runtime.js";
export type { SnapshotBytes } from "./engine/snapshot-chain.js";
export { type ErrorCode, WasmReplError } from "./errors.js";
export { createPool, createSession, runtimeId } from "./node/sessions.js";
export { compactSnapshots, inspectSnapshot } from "./node/snapshots.js";
export type {
  CellResult,
  Mount,
  MountMode,
  RunOptions,
  SessionOptions,
  SnapshotOptions,
} from "./session/options.js";
export type { Pool, PoolOptions } from "./session/pool.js";
export type { CreateSessionOptions, Session } from "./session/session.js";
export type { SessionState } from "./session/session-state.js";
export type { SnapshotInfo } from "./session/snapshot-tools.js";
