import { createEngine, type Engine } from "../engine/engine.js";
import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import { checkLanguage, openSession } from "../session/open-session.js";
import { openSessions } from "../session/open-sessions.js";
import { aFunction, type Checks, checkOptions, rule } from "../session/option-checks.js";
import { createSessionChecks, ownSessionsChecks, sessionsChecks } from "../session/option-tables.js";
import type { SessionOptions } from "../session/options.js";
import type { CreateSessionOptions, Session } from "../session/session.js";
import type { Sessions, SessionsOptions } from "../session/sessions.js";
import { createWebPlatform, type LoadProgress } from "./platform.js";

/** Where a page has the files of this package. */
export interface AssetOptions {
  /**
   * The address of a directory with the files of the package's `dist/runtimes`, or of those that docs/browser.md names.
   * Default: `../runtimes/` beside this module.
   */
  readonly assetsUrl?: string | URL;
  /**
   * The address of the package's `dist/browser/worker.js`, which must have the origin of the page. Default: `worker.js`
   * beside this module.
   */
  readonly workerUrl?: string | URL;
  /** Hears how far an interpreter is loaded that is not there yet. */
  readonly onProgress?: (progress: LoadProgress) => void;
}

/** What only Node.js has. */
type HostOption = "mounts" | "runtimeDirectory" | "packages" | "cpuTimeoutMs";

/** The options of sessions in a browser. */
export type BrowserSessionOptions = Omit<CreateSessionOptions, HostOption> & AssetOptions;

/** The options of sessions by name in a browser. Their states are kept in memory, and go with the page. */
export interface BrowserSessionsOptions
  extends Omit<SessionsOptions, HostOption | "optionsFor" | "durable">,
    AssetOptions {
  /** What the session of a name has instead of, or besides, the options that all have. */
  readonly optionsFor?: (name: string) => Omit<SessionOptions, HostOption | "hibernateAfterMs">;
}

const anAddress = rule("a URL, or a string", (value) => typeof value === "string" || value instanceof URL);

const missing = (what: string) => () => `${what} cannot be had in a browser`;

const missingChecks: Checks<Pick<SessionOptions, HostOption>> = {
  mounts: missing("mounts of host directories"),
  runtimeDirectory: missing("runtimeDirectory"),
  packages: missing("packages"),
  cpuTimeoutMs: missing("cpuTimeoutMs"),
};
const assetChecks: Checks<AssetOptions> = {
  assetsUrl: anAddress,
  workerUrl: anAddress,
  onProgress: aFunction,
};
const checks = { ...createSessionChecks, ...missingChecks, ...assetChecks };
const ofSessionsChecks = {
  ...sessionsChecks,
  ...missingChecks,
  ...assetChecks,
  durable: missing("durable states"),
};
const ownChecks = { ...ownSessionsChecks, ...missingChecks };

/** What the sessions of a page share, by where its files are; each made when the first session is. */
const engines = new Map<string, SharedEngine>();

interface SharedEngine {
  readonly engine: Engine;
  readonly listeners: Set<(progress: LoadProgress) => void>;
}

function engineFor({ assetsUrl, workerUrl }: AssetOptions): SharedEngine {
  const assets = new URL(assetsUrl ?? new URL("../runtimes/", import.meta.url), baseAddress());
  const worker = new URL(workerUrl ?? new URL("./worker.js", import.meta.url), baseAddress());
  if (!assets.pathname.endsWith("/")) assets.pathname += "/";
  const name = `${assets.href} ${worker.href}`;
  let shared = engines.get(name);
  if (shared === undefined) {
    const listeners = new Set<(progress: LoadProgress) => void>();
    const onProgress = (progress: LoadProgress) => {
      for (const listener of listeners) listener(progress);
    };
    const engine = createEngine(createWebPlatform({ assetsUrl: assets, workerUrl: worker, onProgress }));
    shared = { engine, listeners };
    engines.set(name, shared);
  }
  return shared;
}

/** What relative addresses are relative to: the page, or the worker that this runs in. */
function baseAddress(): string {
  return globalThis.document?.baseURI ?? globalThis.location.href;
}

/**
 * Starts a session in a worker of the page. Its files are fetched when the first of a language is made.
 *
 * Rejects with `INVALID_OPTION` for options that only Node.js has, with `RUNTIME_UNAVAILABLE` if the files cannot be
 * had, and otherwise as the same function does in Node.js.
 */
export async function createSession(
  language: Language,
  options: BrowserSessionOptions = {},
): Promise<Session> {
  checkLanguage(language);
  checkOptions("createSession", options, checks);
  checkNetwork(language, options);
  const { assetsUrl, workerUrl, onProgress, ...sessionOptions } = options;
  const { engine, listeners } = engineFor(options);
  if (onProgress !== undefined) listeners.add(onProgress);
  try {
    return await openSession(engine, language, sessionOptions);
  } finally {
    if (onProgress !== undefined) listeners.delete(onProgress);
  }
}

/**
 * Any number of sessions by name, of which a bounded number has an interpreter and a worker; the others hibernate. Rejects
 * as `createSession` does.
 */
export async function createSessions(
  language: Language,
  options: BrowserSessionsOptions = {},
): Promise<Sessions> {
  checkLanguage(language);
  checkOptions("createSessions", options, ofSessionsChecks);
  checkNetwork(language, options);
  const { assetsUrl, workerUrl, onProgress, optionsFor, ...sessionsOptions } = options;
  const { engine, listeners } = engineFor(options);
  const checkedFor = (name: string) => {
    const own = optionsFor?.(name) ?? {};
    checkOptions("optionsFor", own, ownChecks);
    checkNetwork(language, own);
    return own;
  };
  const sessions = openSessions(engine, language, { ...sessionsOptions, optionsFor: checkedFor });
  // Their interpreter is loaded when the first of them is asked for something.
  if (onProgress !== undefined) listeners.add(onProgress);
  return sessions;
}

function checkNetwork(language: Language, { network }: Pick<SessionOptions, "network">): void {
  if (network === undefined) return;
  if (language === "python") {
    throw new WasmReplError("INVALID_OPTION", "network is for JavaScript's fetch: a browser has no sockets");
  }
  const everything = network.allow.find((rule) => /^\*(:|$)/.test(rule));
  if (everything === undefined) return;
  throw new WasmReplError(
    "INVALID_OPTION",
    `network.allow: ${everything} cannot be had in a browser, which does not tell where a name leads: name the hosts`,
  );
}

/** The id of the interpreter that sessions run, which a snapshot must be of to be used by them. */
export async function runtimeId(language: Language, options: AssetOptions = {}): Promise<string> {
  checkLanguage(language);
  checkOptions("runtimeId", options, assetChecks);
  return (await engineFor(options).engine.runtime(language)).id;
}
