import { createEngine, type Engine } from "../engine/engine.js";
import type { Language, PackageRequest } from "../engine/runtime.js";
import type { SnapshotBytes } from "../engine/snapshot-chain.js";
import { checkLanguage, openSession } from "../session/open-session.js";
import { openSessions } from "../session/open-sessions.js";
import { aString, checkOptions } from "../session/option-checks.js";
import { sessionChecks, sessionsChecks } from "../session/option-tables.js";
import { packageRequest, type SessionOptions } from "../session/options.js";
import { openPool, type Pool, type PoolOptions } from "../session/pool.js";
import type { CreateSessionOptions, Session } from "../session/session.js";
import type { Sessions, SessionsOptions } from "../session/sessions.js";
import { nodePlatform } from "./platform.js";
import { openStateDirectory } from "./state-directory.js";

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
 * For our own commands: as `createSession`, with a state that is the session's own and goes on as it was: with its
 * arguments and environment, whatever `options` say of them.
 */
export async function continueSession(
  language: Language,
  snapshot: SnapshotBytes,
  options: SessionOptions,
): Promise<Session> {
  return openSession(defaultEngine(), language, { ...options, snapshot }, { runs: 0, runMs: 0 });
}

/**
 * The id of the interpreter that sessions with these options run: a snapshot can be used by those of the same. It is the
 * SHA-256 of all that guests are made from, in hexadecimal. Rejects as `createSession` does if there is none.
 */
export async function runtimeId(
  language: Language,
  options: Pick<SessionOptions, "runtimeDirectory" | "packages"> = {},
): Promise<string> {
  checkLanguage(language);
  checkOptions("runtimeId", options, {
    runtimeDirectory: sessionChecks.runtimeDirectory,
    packages: sessionChecks.packages,
  });
  return (await defaultEngine().runtime(language, options.runtimeDirectory, packageRequest(options))).id;
}

/** `SessionsOptions`, and where the states are kept. */
export interface CreateSessionsOptions extends SessionsOptions {
  /**
   * A directory of the host's where the states of sessions are kept that are not live, a file each, for this process
   * and those after it. Made if there is none, and used by one process at a time; no guest's mount may lead there.
   * Default: states are kept in memory.
   */
  readonly directory?: string;
}

/**
 * Any number of sessions by name, of which a bounded number is live. `DIRECTORY_UNUSABLE` if the directory is another
 * process's or cannot be used.
 */
export async function createSessions(
  language: Language,
  createOptions: CreateSessionsOptions = {},
): Promise<Sessions> {
  checkLanguage(language);
  checkOptions("createSessions", createOptions, { ...sessionsChecks, directory: aString });
  const { directory, ...options } = createOptions;
  if (directory === undefined) return openSessions(defaultEngine(), language, options);
  const store = openStateDirectory(directory, options.mounts ?? []);
  const { optionsFor } = options;
  const checked = (name: string) => {
    const own = optionsFor?.(name) ?? {};
    if (own.mounts !== undefined) store.checkMounts(own.mounts);
    return own;
  };
  try {
    return openSessions(defaultEngine(), language, { ...options, optionsFor: checked }, store);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Makes a pool of sessions. Rejects, as `createSession` does, if sessions cannot be made with these options. */
export async function createPool(language: Language, options: PoolOptions = {}): Promise<Pool> {
  return openPool(defaultEngine(), language, options);
}

/**
 * The text of a lock: the exact files, with their hashes, that are to be had for some requirements. It can be given as
 * `packages: { lock }` from then on. `PACKAGES_UNAVAILABLE` if there is no such set.
 */
export async function lockPackages(packages: readonly string[] | PackageRequest): Promise<string> {
  checkOptions("lockPackages", { packages }, { packages: sessionChecks.packages });
  const { lockPackages: lock } = await import("./packages/add-packages.js");
  return lock(packageRequest({ packages }) ?? {});
}
