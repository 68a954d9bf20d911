import type { Metrics } from "../metrics.js";
import type { Store } from "../store/store.js";
import type { ServiceWorker } from "../worker/worker.js";
import { openApi } from "./openapi.js";
import type { Route } from "./route.js";
import { sendBytes, sendJson } from "./send.js";

/** What is asked of the process itself. */
export function systemRoutes(
  store: Store,
  worker: ServiceWorker,
  metrics: Metrics,
  version: string,
  others: readonly Route[],
): readonly Route[] {
  const routes: Route[] = [
    {
      method: "GET",
      path: "/healthz",
      summary: "Whether the process answers.",
      answer: { type: "application/json" },
      async handle({ response }) {
        await sendJson(response, 200, { status: "alive" });
      },
    },
    {
      method: "GET",
      path: "/readyz",
      summary: "Whether this worker takes new work, and reaches the store: 503 if not.",
      answer: { type: "application/json" },
      async handle({ response }) {
        const isReady =
          worker.isReady &&
          (await store.ping().then(
            () => true,
            () => false,
          ));
        await sendJson(response, isReady ? 200 : 503, { status: isReady ? "ready" : "not ready" });
      },
    },
    {
      method: "GET",
      path: "/metrics",
      verb: "metrics",
      summary: "Figures of this worker, for Prometheus.",
      answer: { type: "text/plain" },
      async handle({ response }) {
        await sendBytes(response, 200, Buffer.from(metrics.text()), {
          "content-type": "text/plain; version=0.0.4; charset=utf-8",
        });
      },
    },
    {
      method: "GET",
      path: "/v1/openapi.json",
      summary: "This description.",
      answer: { type: "application/json" },
      async handle({ response }) {
        await sendJson(response, 200, description);
      },
    },
  ];
  const description = openApi([...others, ...routes], version);
  return routes;
}
