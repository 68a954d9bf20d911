/** The public names of `wasm-repl/client`. */
export type { DirectoryEntry, FileInfo, FileType } from "../engine/file-requests.js";
export type { Language } from "../engine/runtime.js";
export type { DeterministicOptions } from "../session/deterministic.js";
export type { Display, FileChange, ResumeAnswer, RunSignal, SuspendedCall } from "../session/options.js";
export type { MakeOptions, RemoveOptions } from "../session/session-files.js";
export type { StopReason } from "../session/stops.js";
export { connect } from "./connect.js";
export { ServiceError, type ServiceErrorCode } from "./service-error.js";
export type {
  CallAnswer,
  ConnectOptions,
  FetchRequest,
  FetchResponse,
  ListSessionsOptions,
  RemoteFiles,
  RemoteResult,
  RemoteResumeOptions,
  RemoteRunOptions,
  RemoteSession,
  RemoteSessionInfo,
  RemoteSessionOptions,
  ServiceClient,
} from "./types.js";
