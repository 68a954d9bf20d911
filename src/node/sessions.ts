import { createEngine, type Engine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { openSession } from "../session/open-session.js";
import type { SessionOptions } from "../session/options.js";
import { openPool, type Pool, type PoolOptions } from "../session/pool.js";
import type { CreateSessionOptions, Session } from "../session/session.js";
import { nodePlatform } from "./platform.js";

let sharedEngine: Engine | undefined;

/** The engine that all sessions of this process share; made when the first is. */
function defaultEngine(): Engine {
  sharedEngine ??= createEngine(nodePlatform);
  return sharedEngine;
}

/** Starts a session with the bundled interpreter, or the one in `runtimeDirectory`. */
export async function createSession(
  language: Language,
  options: CreateSessionOptions = {},
): Promise<Session> {
  return openSession(defaultEngine(), language, options);
}

/**
 * The id of the interpreter that sessions with these options run: a snapshot can be used by those of the same. It is the
 * SHA-256 of all that guests are made from, in hexadecimal. Rejects as `createSession` does if there is none.
 */
export async function runtimeId(
  language: Language,
  options: Pick<SessionOptions, "runtimeDirectory"> = {},
): Promise<string> {
  return (await defaultEngine().runtime(language, options.runtimeDirectory)).id;
}

/** Makes a pool of sessions. Rejects, as `createSession` does, if sessions cannot be made with these options. */
export async function createPool(language: Language, options: PoolOptions = {}): Promise<Pool> {
  return openPool(defaultEngine(), language, options);
}
