/** The public names in a browser. */
export type { DirectoryEntry, FileInfo, FileType, OverlayChange } from "./engine/file-requests.js";
export type { Language } from "./engine/runtime.js";
export type { SnapshotBytes } from "./engine/snapshot-chain.js";
export { type ErrorCode, WasmReplError } from "./errors.js";
export type { InspectRequest } from "./guest/guest.js";
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
  ResumeAnswer,
  ResumeOptions,
  RunOptions,
  RunSignal,
  SnapshotOptions,
  SuspendedCall,
} from "./session/options.js";
export type { Session } from "./session/session.js";
export type {
  ListFilesOptions,
  MakeOptions,
  ReadFileOptions,
  RemoveOptions,
  SessionFiles,
  StatFileOptions,
} from "./session/session-files.js";
export type { SessionState } from "./session/session-state.js";
export type { Sessions } from "./session/sessions.js";
export type { SnapshotInfo } from "./session/snapshot-tools.js";
export type { SessionStats, SessionTotals } from "./session/stats.js";
export type { StopReason } from "./session/stops.js";
export type { LoadProgress } from "./web/platform.js";
export {
  type AssetOptions,
  type BrowserSessionOptions,
  type BrowserSessionsOptions,
  createSession,
  createSessions,
  runtimeId,
} from "./web/sessions.js";
export { compactSnapshots, inspectSnapshot } from "./web/snapshots.js";
