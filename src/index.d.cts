/** The public names for CommonJS: those of `index.ts`, one by one. */
import type * as library from "./index.js" with { "resolution-mode": "import" };

export declare const createSession: typeof library.createSession;
export declare const createPool: typeof library.createPool;
export declare const createSessions: typeof library.createSessions;
export declare const WasmReplError: typeof library.WasmReplError;
export type WasmReplError = library.WasmReplError;
export type CellResult = library.CellResult;
export type CreateSessionOptions = library.CreateSessionOptions;
export type CreateSessionsOptions = library.CreateSessionsOptions;
export type ErrorCode = library.ErrorCode;
export type Language = library.Language;
export type Mount = library.Mount;
export type MountMode = library.MountMode;
export type Pool = library.Pool;
export type PoolOptions = library.PoolOptions;
export type RunOptions = library.RunOptions;
export type Session = library.Session;
export type SessionOptions = library.SessionOptions;
export type Sessions = library.Sessions;
export type SessionsOptions = library.SessionsOptions;
export type SessionStats = library.SessionStats;
export type SessionTotals = library.SessionTotals;
