import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type ExitStatus, firstEndingSignal } from "../../cli/end-process.js";
import { readOwnFile } from "../../cli/json-file.js";
import type { GivenOptions } from "../../cli/parse-options.js";
import { tell } from "../../cli/tell.js";
import { UsageError } from "../../cli/usage-error.js";
import { packageRoot } from "../../node/package-root.js";
import type { ServiceLimits, ServiceOptions } from "../server.js";

const shortestSecret = 16;

/** Serves until a signal asks the process to end, and ends as that says. */
export async function serve(given: GivenOptions): Promise<ExitStatus> {
  const { createService } = loadService();
  const service = await createService({
    ...serviceOptions(given),
    log: (line) => tell("wasm-repl", line),
  });
  const ended = firstEndingSignal();
  process.stdout.on("error", () => {});
  process.stdout.write(`listening on ${service.address}\n`);
  const signal = await ended;
  tell("wasm-repl", `${signal}: ending, once what runs has ended`);
  await service.close();
  // It was asked to end, and has: that is no failure.
  return 0;
}

/** It is a bundle of its own, with the databases in it, which nothing else loads. */
function loadService(): typeof import("../server.js") {
  return createRequire(import.meta.url)(join(packageRoot(), "dist", "service", "index.cjs"));
}

function serviceOptions(given: GivenOptions): ServiceOptions {
  const { data, postgres = process.env.WASM_REPL_POSTGRES, listen, clusterSecret, packageSets } = given;
  if (data === undefined && (postgres === undefined || postgres === "")) {
    throw new UsageError("serve needs --data DIR, or --postgres URL");
  }
  const limits: ServiceLimits = defined({
    timeoutMs: given.cellTimeoutMs,
    cpuTimeoutMs: given.cellCpuTimeoutMs,
    memoryBytes: given.sessionMemoryBytes,
    maxOutputBytes: given.cellOutputBytes,
    maxFileBytes: given.sessionFileBytes,
    maxFiles: given.sessionFiles,
  });
  return defined({
    ...(data === undefined ? { postgres } : { data }),
    blobs: given.blobs,
    host: listen?.host,
    port: listen?.port,
    advertise: given.advertise,
    tokenFile: given.serviceTokens,
    clusterSecret: clusterSecret === undefined ? undefined : readSecret(clusterSecret),
    maxHot: given.maxHot,
    drainTimeoutMs: given.drainTimeoutMs,
    membershipTimeoutMs: given.membershipTimeoutMs,
    retentionMs: given.retentionMs,
    limits,
    allowNetwork: given.allowedHosts,
    findLinks: given.findLinks,
    packages: packageSets && Object.fromEntries(packageSets.map(([name, path]) => [name, readLock(path)])),
  });
}

type Defined<Given> = { -readonly [Name in keyof Given]?: Exclude<Given[Name], undefined> };

/** Without what is undefined. */
function defined<Given extends object>(given: Given): Defined<Given> {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Defined<Given>;
}

function readSecret(path: string): string {
  const secret = new TextDecoder().decode(readOwnFile(path, [])).trim();
  if (/^[\x21-\x7e]+$/.test(secret) && secret.length >= shortestSecret) return secret;
  throw new UsageError(
    `${path} holds no secret: one line of ${shortestSecret} characters at least, without spaces`,
  );
}

function readLock(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the lock ${path}: ${(error as NodeJS.ErrnoException).code}`);
  }
}
