/** The public names for CommonJS: those of `index.ts`, one by one. */
import type * as library from "./index.js" with { "resolution-mode": "import" };

export declare const createSession: typeof library.createSession;
export declare const compactSnapshots: typeof library.compactSnapshots;
export declare const inspectSnapshot: typeof library.inspectSnapshot;
export declare const runtimeId: typeof library.runtimeId;
export declare const createPool: typeof library.createPool;
export declare const WasmReplError: typeof library.WasmReplError;
export type WasmReplError = library.WasmReplError;
export type CellResult = library.CellResult;
export type CreateSessionOptions = library.CreateSessionOptions;
export type ErrorCode = library.ErrorCode;
export type Language = library.Language;
export type Mount = library.Mount;
export type MountMode = library.MountMode;
export type Pool = library.Pool;
export type PoolOptions = library.PoolOptions;
export type RunOptions = library.RunOptions;
export type Session = library.Session;
export type SessionOptions = library.SessionOptions;
export type SessionState = library.SessionState;
export type SnapshotBytes = library.SnapshotBytes;
export type SnapshotInfo = library.SnapshotInfo;
export type SnapshotOptions = library.SnapshotOptions;
