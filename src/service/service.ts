import { runtimeId } from "../node/sessions.js";
import type { Blobs } from "./blobs/blobs.js";
import { Failure } from "./failure.js";
import { createBudget } from "./http/budget.js";
import { cellRoutes } from "./http/cell-routes.js";
import { createStreams } from "./http/event-streams.js";
import { fileRoutes } from "./http/file-routes.js";
import { createForwarding } from "./http/forward.js";
import { createRequestHandler, type RequestHandler } from "./http/request-handler.js";
import { sendFailure } from "./http/send.js";
import { createHttpServer } from "./http/server.js";
import { sessionRoutes } from "./http/session-routes.js";
import { systemRoutes } from "./http/system-routes.js";
import { createMetrics } from "./metrics.js";
import { type Policy, packagesOf } from "./spec/policy.js";
import type { Store } from "./store/store.js";
import { gateOfFile, openGate } from "./tokens/gate.js";
import { createQuotas } from "./tokens/quotas.js";
import { startWorker } from "./worker/worker.js";

/** What a service is put together from. */
export interface ServiceParts {
  /** Closed with the service. */
  readonly store: Store;
  readonly blobs: Blobs;
  readonly policy: Policy;
  readonly host: string;
  /** 0: any. */
  readonly port: number;
  /** Where other workers reach this one. Undefined: where it listens. */
  readonly advertise: string | undefined;
  /** Undefined: everybody may ask, which is for addresses that only this machine reaches. */
  readonly tokenFile: string | undefined;
  readonly clusterSecret: string | undefined;
  readonly maxHot: number;
  readonly memoryBytes: number;
  readonly retentionMs: number;
  readonly packageVersion: string;
  readonly log: (line: string) => void;
}

export interface RunningService {
  /** `http://127.0.0.1:7070` for instance. */
  readonly url: string;
  /** Takes nothing new, waits that long for what runs, gives all sessions back and ends. */
  close(drainMs: number): Promise<void>;
}

export async function startService(parts: ServiceParts): Promise<RunningService> {
  const { store, blobs, policy, log, host, packageVersion } = parts;
  let handler: RequestHandler = (_request, response) =>
    sendFailure(response, new Failure("UNAVAILABLE", "the service is about to begin")).catch(() => {});
  // It listens before it is a worker, since a worker says where it is reached.
  const server = createHttpServer((request, response) => handler(request, response));
  const port = await server.listen(host, parts.port);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    const metrics = createMetrics();
    metrics.gauge("wasm_repl_connections", "Connections of clients that are open.", () => server.connections);
    const gate =
      parts.tokenFile === undefined ? openGate(() => ownHosts(port)) : gateOfFile(parts.tokenFile, log);
    const description = {
      address: parts.advertise ?? url,
      packageVersion,
      runtimeIds: await interpreters(policy),
    };
    const { maxHot, memoryBytes, retentionMs } = parts;
    const limits = { maxHot, memoryBytes, retentionMs };
    const worker = await startWorker({ store, blobs, policy, description, ...limits, metrics, log });
    const quotas = createQuotas(store);
    const forwarding = createForwarding(parts.clusterSecret, async () =>
      (await store.workers()).map(({ address }) => address),
    );
    const budget = createBudget();
    const asked = [
      ...sessionRoutes(store, worker, policy, quotas, budget),
      ...cellRoutes(store, worker, quotas, createStreams(store, worker, log)),
      ...fileRoutes(worker, quotas, budget),
    ];
    const routes = [...asked, ...systemRoutes(store, worker, metrics, packageVersion, asked)];
    handler = createRequestHandler({ routes, gate, quotas, forwarding, metrics, budget, log });
    return {
      url,
      async close(drainMs) {
        await worker.close(drainMs);
        await server.close();
        forwarding.close();
        gate.close();
        await quotas.close();
        await store.close();
      },
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The ids of all that sessions may have here. Packages are fetched now, and not for the first who wants them. */
async function interpreters(policy: Policy): Promise<string[]> {
  const ids = [await runtimeId("python"), await runtimeId("javascript")];
  for (const name of policy.packages.keys()) {
    const packages = packagesOf(policy, name);
    if (packages !== undefined) ids.push(await runtimeId("python", { packages }));
  }
  return ids;
}

function ownHosts(port: number): string[] {
  return ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
}
