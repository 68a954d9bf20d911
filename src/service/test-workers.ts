import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBlobs } from "./blobs/open-blobs.js";
import { type RunningService, type ServiceParts, startService } from "./service.js";
import { defaultPolicy } from "./spec/policy.js";
import { openSqliteStore } from "./store/sqlite/open-sqlite-store.js";
import type { Store } from "./store/store.js";

/** Workers of one store in this process, for tests: as those of a database, but that they end together. */
export interface TestWorkers {
  readonly store: Store;
  start(changes?: Partial<ServiceParts>): Promise<TestWorker>;
  end(): Promise<void>;
}

export interface TestWorker {
  readonly service: RunningService;
  readonly log: string[];
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  run(key: string, code: string, id?: string): Promise<Answer>;
  /** Asks for events, and gives what comes until one matches. */
  until(
    method: string,
    path: string,
    body: unknown,
    pattern: RegExp,
  ): Promise<{ readonly text: string; readonly rest: Promise<string> }>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect.
  readonly body: any;
}

export async function startTestWorkers(): Promise<TestWorkers> {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-workers-"));
  const store = openSqliteStore(folder);
  const blobs = await openBlobs(join(folder, "blobs"));
  const services = new Set<RunningService>();
  return {
    store,
    async start(changes = {}) {
      const log: string[] = [];
      const service = await startService({
        blobs,
        policy: defaultPolicy,
        host: "127.0.0.1",
        port: 0,
        advertise: undefined,
        tokenFile: undefined,
        clusterSecret: "a secret of the tests",
        maxHot: 10,
        memoryBytes: 2 ** 40,
        retentionMs: 2 ** 31,
        packageVersion: "0.0.0-test",
        log: (line) => log.push(line),
        ...changes,
        store: { ...(changes.store ?? store), close: async () => {} },
      });
      services.add(service);
      return { service, log, ...clientOf(service.url) };
    },
    async end() {
      for (const service of services) await service.close(1000);
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function clientOf(url: string): Pick<TestWorker, "ask" | "run" | "until"> {
  const send = (method: string, path: string, body: unknown, headers: Record<string, string>) =>
    fetch(url + path, {
      method,
      headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  const ask: TestWorker["ask"] = async (method, path, body, headers = {}) => {
    const response = await send(method, path, body, headers);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  return {
    ask,
    run: (key, code, id) =>
      ask("POST", `/v1/sessions/${key}/cells`, { code }, id === undefined ? {} : { "idempotency-key": id }),
    async until(method, path, body, pattern) {
      const response = await send(method, path, body, { accept: "text/event-stream" });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const decoder = new TextDecoder();
      let text = "";
      while (!pattern.test(text)) {
        const { done, value } = await reader.read();
        if (done) throw new Error(`it has ended: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
      const rest = (async () => {
        let more = "";
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return more;
          more += decoder.decode(value, { stream: true });
        }
      })();
      rest.catch(() => {});
      return { text, rest };
    },
  };
}
