import { Failure } from "../failure.js";
import type { Store } from "../store/store.js";
import type { Principal } from "./gate.js";

/** How old what is known of a tenant's sessions may be, in milliseconds, and how often what was used is written down. */
const knownForMs = 2000;
const flushMs = 5000;
const minuteMs = 60_000;

/** Holds tenants to their limits. All of them reject with `LIMIT_REACHED`, but for `request`. */
export interface Quotas {
  /** `TOO_MANY_REQUESTS`, with the time after which there is room again. */
  request(principal: Principal): void;
  /** One more session. */
  session(principal: Principal): Promise<void>;
  /** Something that computes and grows. */
  work(principal: Principal): Promise<void>;
  /** What was used. Written down in the background: a process that is killed forgets the last seconds. */
  used(principal: Principal, cpuMs: number, outputBytes: number): void;
  close(): Promise<void>;
}

interface Sums {
  readonly period: string;
  cpuMs: number;
}

interface Used {
  requests: number;
  cpuMs: number;
  outputBytes: number;
}

export function createQuotas(store: Store): Quotas {
  /** Requests that are left, by token. */
  const buckets = new Map<string, { left: number; atMs: number }>();
  const counts = new Map<
    string,
    { readonly atMs: number; readonly count: ReturnType<Store["countSessions"]> }
  >();
  const sums = new Map<string, Sums>();
  const unwritten = new Map<string, Used>();
  const timer = setInterval(() => void flush().catch(() => {}), flushMs).unref();

  function countOf(prefix: string): ReturnType<Store["countSessions"]> {
    const known = counts.get(prefix);
    if (known !== undefined && performance.now() - known.atMs < knownForMs) return known.count;
    const count = store.countSessions(prefix);
    count.catch(() => counts.delete(prefix));
    counts.set(prefix, { atMs: performance.now(), count });
    return count;
  }

  async function flush(): Promise<void> {
    for (const [tenant, used] of [...unwritten]) {
      unwritten.delete(tenant);
      const period = month();
      try {
        const { cpuMs } = await store.addUsage(tenant, period, used);
        sums.set(tenant, { period, cpuMs });
      } catch (error) {
        add(tenant, used);
        throw error;
      }
    }
  }

  function add(tenant: string, { requests, cpuMs, outputBytes }: Used): void {
    const used = unwritten.get(tenant) ?? { requests: 0, cpuMs: 0, outputBytes: 0 };
    used.requests += requests;
    used.cpuMs += cpuMs;
    used.outputBytes += outputBytes;
    unwritten.set(tenant, used);
  }

  async function cpuMsOf(tenant: string): Promise<number> {
    const period = month();
    let known = sums.get(tenant);
    if (known?.period !== period) {
      const { cpuMs } = await store.addUsage(tenant, period, { requests: 0, cpuMs: 0, outputBytes: 0 });
      known = { period, cpuMs };
      sums.set(tenant, known);
    }
    return known.cpuMs + (unwritten.get(tenant)?.cpuMs ?? 0);
  }

  return {
    request({ name, prefix, limits: { requestsPerMinute: most } }) {
      add(prefix, { requests: 1, cpuMs: 0, outputBytes: 0 });
      if (most === undefined) return;
      const now = performance.now();
      const bucket = buckets.get(name) ?? { left: most, atMs: now };
      const left = Math.min(most, bucket.left + ((now - bucket.atMs) * most) / minuteMs);
      buckets.set(name, { left: left >= 1 ? left - 1 : left, atMs: now });
      if (left >= 1) return;
      const retryAfterS = most === 0 ? minuteMs / 1000 : Math.ceil(((1 - left) * minuteMs) / most / 1000);
      throw new Failure("TOO_MANY_REQUESTS", `this token may ask ${most} times a minute`, { retryAfterS });
    },
    async session({ prefix, limits: { sessions: most } }) {
      if (most === undefined) return;
      const { sessions } = await store.countSessions(prefix);
      if (sessions < most) return;
      throw new Failure("LIMIT_REACHED", `there may be ${most} sessions, and there are ${sessions}`);
    },
    async work({ prefix, limits: { bytes, cpuSeconds } }) {
      if (bytes !== undefined) {
        const { stateBytes } = await countOf(prefix);
        if (stateBytes >= bytes) {
          throw new Failure(
            "LIMIT_REACHED",
            `states may take ${bytes} bytes, and they take ${stateBytes}; delete some`,
          );
        }
      }
      if (cpuSeconds !== undefined && (await cpuMsOf(prefix)) >= cpuSeconds * 1000) {
        throw new Failure(
          "LIMIT_REACHED",
          `the ${cpuSeconds} seconds of processor time of this month are used up`,
        );
      }
    },
    used: ({ prefix }, cpuMs, outputBytes) => add(prefix, { requests: 0, cpuMs, outputBytes }),
    async close() {
      clearInterval(timer);
      await flush().catch(() => {});
    },
  };
}

function month(): string {
  return new Date().toISOString().slice(0, 7);
}
