import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { totalmem } from "node:os";
import { join } from "node:path";
import { WasmReplError } from "../errors.js";
import { nearest } from "../nearest.js";
import { packageRoot } from "../node/package-root.js";
import { openBlobs } from "./blobs/open-blobs.js";
import { startService } from "./service.js";
import { defaultPolicy, type Policy } from "./spec/policy.js";
import { openStore } from "./store/open-store.js";
import { StoreUnavailable, StoreUnusable } from "./store/store-unavailable.js";
import { TokenFileError } from "./tokens/token-file.js";

/** Where a service listens, what it keeps where, and what it allows. */
export interface ServiceOptions {
  /** A directory where all sessions are kept, for this process alone. Either this or `postgres`. */
  readonly data?: string;
  /** A PostgreSQL database where they are kept, for any number of processes. */
  readonly postgres?: string;
  /** Where large states are kept: a directory, or `s3://…`. Default: `blobs` in `data`; needed with `postgres`. */
  readonly blobs?: string;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** 0: any. Default 7070. */
  readonly port?: number;
  /** Where other workers reach this one. Default: where it listens. */
  readonly advertise?: string;
  /** The file of those who may ask; see docs/service.md. Default: everybody may, which only the loopback address allows. */
  readonly tokenFile?: string;
  /** What the workers of a database know each other by. Needed with `postgres`. */
  readonly clusterSecret?: string;
  /** The most sessions that have an interpreter at one time. Default: as the memory of the machine allows, 200 at most. */
  readonly maxHot?: number;
  /** How long cells that run may take to end when the service is closed, in milliseconds. Default 30 seconds. */
  readonly drainTimeoutMs?: number;
  /**
   * How long a worker that is not heard of keeps its sessions, in milliseconds: others take them after that. One whose
   * process has ended keeps them no longer. With `postgres` only. Default 15 seconds.
   */
  readonly membershipTimeoutMs?: number;
  /** How long cells that have ended are kept, in milliseconds. Default: a week. */
  readonly retentionMs?: number;
  /** The most that any session may have, and has unless it says less. Each has a default. */
  readonly limits?: ServiceLimits;
  /** Hosts that sessions may ask to reach, to the letter. Default: none. */
  readonly allowNetwork?: readonly string[];
  /** Sets of packages that sessions of Python may ask for: the texts of their locks, by name. Default: none. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Directories where the files of those packages are looked for before they are fetched. Default: none. */
  readonly findLinks?: readonly string[];
  /** Is told in one line what goes wrong and is nobody's answer. Default: nothing is done with it. */
  readonly log?: (line: string) => void;
}

export interface ServiceLimits {
  /** Of a cell by the clock. Default: a minute. */
  readonly timeoutMs?: number;
  /** Of a cell, of processor time. Default: no limit. */
  readonly cpuTimeoutMs?: number;
  /** Of an interpreter. Default 512 MiB. */
  readonly memoryBytes?: number;
  /** Of a cell. Default 1 MiB. */
  readonly maxOutputBytes?: number;
  /** Of a session. Default 64 MiB. */
  readonly maxFileBytes?: number;
  /** Of a session. Default 10,000. */
  readonly maxFiles?: number;
}

export interface Service {
  /** `http://127.0.0.1:7070` for instance. */
  readonly address: string;
  /** Takes nothing new, waits for what runs as `drainTimeoutMs` says, gives all sessions back and ends. */
  close(): Promise<void>;
}

/** The service cannot be started as it was asked for. `message` is one line that says why. */
export class ServiceRefused extends Error {
  override readonly name = "ServiceRefused";
}

const defaults = {
  host: "127.0.0.1",
  port: 7070,
  drainTimeoutMs: 30_000,
  membershipTimeoutMs: 15_000,
  retentionMs: 7 * 24 * 60 * 60_000,
} as const;
/** What a session takes with its interpreter, and what of the machine's memory they may take together. */
const hotBytes = 48 * 1024 * 1024;
const hotShare = 0.5;
const fewestHot = 4;
/** A process has 256 interpreters at most, of which some end while others begin. */
const mostHot = 200;
/** Above this share of the memory, idle sessions give up their interpreters. */
const fullShare = 0.75;

/** Starts a service. `ServiceRefused` if it cannot be as it was asked for. */
export async function createService(options: ServiceOptions): Promise<Service> {
  checkNames(options, names);
  checkNames(options.limits ?? {}, limitNames);
  const { host = defaults.host, port = defaults.port, data, postgres, tokenFile, clusterSecret } = options;
  const { drainTimeoutMs = defaults.drainTimeoutMs, log = () => {} } = options;
  if (tokenFile === undefined && !isLoopback(host)) {
    throw new ServiceRefused(
      `others reach ${host}: without a file of tokens it listens on the loopback address only`,
    );
  }
  const place = data !== undefined ? { data } : postgres !== undefined ? { postgres } : undefined;
  if (place === undefined)
    throw new ServiceRefused("it needs a place for the sessions: a directory, or PostgreSQL");
  if (postgres !== undefined && clusterSecret === undefined) {
    throw new ServiceRefused("the workers of a database need a secret that they know each other by");
  }
  const blobs = options.blobs ?? (data === undefined ? undefined : join(data, "blobs"));
  if (blobs === undefined) throw new ServiceRefused("with PostgreSQL it needs a place for large states");
  try {
    const store = await openStore(place, options.membershipTimeoutMs ?? defaults.membershipTimeoutMs);
    try {
      const memoryBytes = memoryOfMachine();
      const running = await startService({
        store,
        blobs: await openBlobs(blobs),
        policy: policyOf(options),
        host,
        port,
        advertise: options.advertise,
        tokenFile,
        clusterSecret,
        maxHot: options.maxHot ?? clamp(Math.floor((memoryBytes * hotShare) / hotBytes), fewestHot, mostHot),
        memoryBytes: memoryBytes * fullShare,
        retentionMs: options.retentionMs ?? defaults.retentionMs,
        packageVersion: versionOfPackage(),
        log,
      });
      return { address: running.url, close: () => running.close(drainTimeoutMs) };
    } catch (error) {
      await store.close().catch(() => {});
      throw error;
    }
  } catch (error) {
    throw refusalOf(error, `${host}:${port}`);
  }
}

const names: Readonly<Record<keyof ServiceOptions, true>> = {
  data: true,
  postgres: true,
  blobs: true,
  host: true,
  port: true,
  advertise: true,
  tokenFile: true,
  clusterSecret: true,
  maxHot: true,
  drainTimeoutMs: true,
  membershipTimeoutMs: true,
  retentionMs: true,
  limits: true,
  allowNetwork: true,
  packages: true,
  findLinks: true,
  log: true,
};

const limitNames: Readonly<Record<keyof ServiceLimits, true>> = {
  timeoutMs: true,
  cpuTimeoutMs: true,
  memoryBytes: true,
  maxOutputBytes: true,
  maxFileBytes: true,
  maxFiles: true,
};

function checkNames(given: object, known: Readonly<Record<string, true>>): void {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const meant = nearest(name, Object.keys(known));
    throw new ServiceRefused(
      `createService has no option ${name}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    );
  }
}

function policyOf({ limits = {}, allowNetwork = [], packages = {}, findLinks = [] }: ServiceOptions): Policy {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return {
    ...defaultPolicy,
    ...Object.fromEntries(given),
    network: allowNetwork,
    packages: new Map(Object.entries(packages)),
    findLinks,
  };
}

function refusalOf(error: unknown, place: string): unknown {
  if (error instanceof WasmReplError) return new ServiceRefused(error.message, { cause: error });
  if (
    error instanceof StoreUnusable ||
    error instanceof StoreUnavailable ||
    error instanceof TokenFileError
  ) {
    return new ServiceRefused(error.message, { cause: error });
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== "listen" && syscall !== "getaddrinfo") return error;
  const reason = code === "EADDRINUSE" ? "something else listens there" : String(code);
  return new ServiceRefused(`cannot listen on ${place}: ${reason}`, { cause: error });
}

function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

/** What this process may have of it. */
function memoryOfMachine(): number {
  const bound = process.constrainedMemory?.() ?? 0;
  return bound > 0 ? Math.min(bound, totalmem()) : totalmem();
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

function versionOfPackage(): string {
  return JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")).version;
}
