export type { DirectoryEntry, FileInfo, FileType, OverlayChange } from "./engine/file-requests.js";
export type { Language, PackageRequest } from "./engine/runtime.js";
export type { SnapshotBytes } from "./engine/snapshot-chain.js";
export { type ErrorCode, WasmReplError } from "./errors.js";
export type { InspectRequest } from "./guest/guest.js";
export { setPackageDirectory } from "./node/package-root.js";
export {
  type CreateSessionsOptions,
  createPool,
  createSession,
  createSessions,
  lockPackages,
  runtimeId,
} from "./node/sessions.js";
export { compactSnapshots, inspectSnapshot } from "./node/snapshots.js";
export type { DeterministicOptions } from "./session/deterministic.js";
export type {
  CallSignal,
  HostCallContext,
  HostFunctionOptions,
  HostFunctions,
  JsonSchema,
  PlainHostFunction,
} from "./session/host-functions/types.js";
export type { InspectAnswers, InspectKind } from "./session/inspection.js";
export type { NetworkOptions } from "./session/network/types.js";
export type {
  CellResult,
  Display,
  FileChange,
  Mount,
  MountMode,
  ResumeAnswer,
  ResumeOptions,
  RunOptions,
  RunSignal,
  SessionOptions,
  SnapshotOptions,
  SuspendedCall,
} from "./session/options.js";
export type { Pool, PoolOptions } from "./session/pool.js";
export type { CreateSessionOptions, Session } from "./session/session.js";
export type {
  ListFilesOptions,
  MakeOptions,
  ReadFileOptions,
  RemoveOptions,
  SessionFiles,
  StatFileOptions,
} from "./session/session-files.js";
export type { SessionState } from "./session/session-state.js";
export type { Sessions, SessionsOptions } from "./session/sessions.js";
export type { SnapshotInfo } from "./session/snapshot-tools.js";
export type { SessionStats, SessionTotals } from "./session/stats.js";
export type { StopReason } from "./session/stops.js";
