// Starts services for tests, and asks them as any client of HTTP does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createService } from "wasm-repl/server";

export const temporaryDirectory = () => mkdtempSync(join(tmpdir(), "wasm-repl-service-"));

/** A service in this process. `end` closes it, and removes its directory if that was not given. */
export async function startService(options = {}) {
  const data = options.data ?? temporaryDirectory();
  const log = [];
  const service = await createService({
    data,
    port: 0,
    drainTimeoutMs: 5000,
    log: (line) => log.push(line),
    ...options,
  });
  return {
    ...clientOf(service.address),
    data,
    log,
    close: () => service.close(),
    async end() {
      await service.close();
      if (options.data === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}

/** @param token Sent with each request. Default: none. */
export function clientOf(address, token) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };

  /** Answers with the status, the headers and the body: JSON if it is that, else bytes. */
  async function ask(method, path, body, headers = {}) {
    const isJson = body !== undefined && !(body instanceof Uint8Array);
    const response = await fetch(address + path, {
      method,
      headers: { ...(isJson ? { "content-type": "application/json" } : {}), ...authorization, ...headers },
      ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : body }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "";
    const given = /json/.test(type) ? JSON.parse(new TextDecoder().decode(bytes)) : bytes;
    return { status: response.status, headers: response.headers, body: given };
  }

  return {
    address,
    token,
    ask,
    with: (other) => clientOf(address, other),
    async create(key, spec = { language: "python" }) {
      const { status, body } = await ask("PUT", `/v1/sessions/${key}`, spec);
      if (status !== 201) throw new Error(`not made: ${JSON.stringify(body)}`);
      return body;
    },
    /** Runs a cell, and gives its answer whatever it is. */
    cell: (key, request, id) =>
      ask(
        "POST",
        `/v1/sessions/${key}/cells`,
        typeof request === "string" ? { code: request } : request,
        id === undefined ? {} : { "idempotency-key": id },
      ),
    /** Runs a cell, and gives its result. */
    async run(key, request, id) {
      const { status, body } = await this.cell(key, request, id);
      if (status !== 200) throw new Error(`not run: ${JSON.stringify(body)}`);
      return body.result;
    },
    /** The events of an answer, as they come. */
    async *events(method, path, body, headers = {}, signal) {
      const response = await fetch(address + path, {
        method,
        signal,
        headers: {
          accept: "text/event-stream",
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...authorization,
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (response.status !== 200) throw new Error(`no events: ${response.status} ${await response.text()}`);
      let rest = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        const blocks = (rest + chunk).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const fields = Object.fromEntries(
            block.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]),
          );
          if (fields.event !== undefined)
            yield { id: fields.id, event: fields.event, data: JSON.parse(fields.data) };
        }
      }
    },
  };
}

export async function gathered(events) {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}
