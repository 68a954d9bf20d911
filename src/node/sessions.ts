import { createEngine, type Engine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { openSession } from "../session/open-session.js";
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

/** Makes a pool of sessions. Rejects, as `createSession` does, if sessions cannot be made with these options. */
export async function createPool(language: Language, options: PoolOptions = {}): Promise<Pool> {
  return openPool(defaultEngine(), language, options);
}
