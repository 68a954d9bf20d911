export { type ErrorCode, WasmReplError } from "./errors.js";
export type { Language } from "./runtimes/bundled.js";
export {
  type CellResult,
  createSession,
  type RunOptions,
  type Session,
  type SessionOptions,
} from "./session/session.js";
