export { type ErrorCode, WasmReplError } from "./errors.js";
export type { Language } from "./node/runtimes/bundled.js";
export type { CellResult, Mount, MountMode, RunOptions, SessionOptions } from "./session/options.js";
export { createPool, type Pool, type PoolOptions } from "./session/pool.js";
export { type CreateSessionOptions, createSession, type Session } from "./session/session.js";
