import { Failure } from "../failure.js";
import type { Quotas } from "../tokens/quotas.js";
import type { ServiceWorker } from "../worker/worker.js";
import type { Budget } from "./budget.js";
import type { Exchange, Route } from "./route.js";
import { sendBytes, sendEmpty, sendJson } from "./send.js";

/** Of a file that is read or written. */
const mostFileBytes = 64 * 1024 * 1024;

const path = "/v1/sessions/:key/files/*";

/** What is asked of the files of sessions: the session's own, and nothing of the machine that it is on. */
export function fileRoutes(worker: ServiceWorker, quotas: Quotas, budget: Budget): readonly Route[] {
  const where = ({ params }: Exchange) => ({ key: params.key as string, path: params["*"] || "." });

  return [
    {
      method: "GET",
      path,
      verb: "files",
      summary:
        "Reads a file; the path begins at the session's working directory, and one that begins with / at its root.",
      query: {
        list: "Tell what is in a directory instead.",
        stat: "Tell what there is instead.",
      },
      answer: { type: "application/octet-stream" },
      async handle(exchange) {
        const { query, response, principal } = exchange;
        const { key, path } = where(exchange);
        await worker.makeRoomFor(key, principal);
        if (query.has("list")) {
          const entries = await worker.use(key, (held, { readFiles }) =>
            readFiles(held, (files) => files.list(path)),
          );
          return sendJson(response, 200, { entries });
        }
        if (query.has("stat")) {
          const info = await worker.use(key, (held, { readFiles }) =>
            readFiles(held, (files) => files.stat(path)),
          );
          const { modifiedMs, ...others } = info;
          return sendJson(response, 200, { ...others, modified_ms: modifiedMs });
        }
        let free = () => {};
        try {
          const bytes = await worker.use(key, (held, { readFiles }) =>
            readFiles(held, async (files) => {
              const { bytes: length } = await files.stat(path);
              free = budget.take(Math.min(length, mostFileBytes));
              return files.read(path, { maxBytes: mostFileBytes });
            }),
          );
          await sendBytes(response, 200, bytes, { "content-type": "application/octet-stream" });
        } finally {
          free();
        }
      },
    },
    {
      method: "PUT",
      path,
      verb: "files",
      summary: "Writes a file, which is in the store when this is answered.",
      query: {
        parents: "Make missing directories above it too.",
        directory: "Make a directory instead.",
      },
      body: { mostBytes: mostFileBytes },
      status: 204,
      async handle(exchange) {
        const { query, bytes, response, principal } = exchange;
        const { key, path } = where(exchange);
        const parents = query.has("parents");
        if (query.has("directory") && bytes.length > 0) {
          throw new Failure("INVALID_REQUEST", "a directory has no contents");
        }
        await quotas.work(principal);
        await worker.makeRoomFor(key, principal);
        await worker.use(key, (held, { changeFiles }) =>
          changeFiles(held, (files) =>
            query.has("directory")
              ? files.makeDirectory(path, { parents })
              : files.write(path, bytes, { parents }),
          ),
        );
        await sendEmpty(response);
      },
    },
    {
      method: "DELETE",
      path,
      verb: "files",
      summary: "Removes a file, a link or an empty directory.",
      query: { recursive: "A directory with all that is in it." },
      status: 204,
      async handle(exchange) {
        const { query, response, principal } = exchange;
        const { key, path } = where(exchange);
        const recursive = query.has("recursive");
        await worker.makeRoomFor(key, principal);
        await worker.use(key, (held, { changeFiles }) =>
          changeFiles(held, (files) => files.remove(path, { recursive })),
        );
        await sendEmpty(response);
      },
    },
  ];
}
