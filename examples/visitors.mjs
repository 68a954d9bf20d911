// One Python session for each visitor, over HTTP: what a visitor has defined is there at the next request, also after
// the server was killed. An answer is sent only once the session's state is on the disk.
//
//   node examples/visitors.mjs [DIRECTORY] [PORT]
//   curl --cookie-jar jar --cookie jar --data-binary 'x = 42' http://127.0.0.1:8080/
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { createSessions, WasmReplError } from "wasm-repl";

const [directory = "visitors", port = "8080"] = process.argv.slice(2);
const maxCodeBytes = 64 * 1024;

const sessions = await createSessions("python", {
  directory,
  durable: true,
  maxLive: 16,
  hibernateAfterMs: 60_000,
  timeoutMs: 5000,
  memoryBytes: 256 * 2 ** 20,
  maxFileBytes: 16 * 2 ** 20,
  maxOutputBytes: 256 * 1024,
});

/** The visitor's name is a secret of the visitor's: whoever has it has the session. */
function visitorOf(request) {
  const [, id] = /(?:^|; )visitor=([0-9a-f-]{36})(?:;|$)/.exec(request.headers.cookie ?? "") ?? [];
  return id ?? randomUUID();
}

/** The request's body as text; undefined if it is larger than code may be. */
async function codeOf(request) {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > maxCodeBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** What went wrong on our side, as the status of the answer. */
const statusOf = (error) =>
  ({ QUEUE_FULL: 503, SESSION_CLOSED: 503, STATE_NOT_KEPT: 507 })[
    error instanceof WasmReplError && error.code
  ] ?? 500;

async function answer(request, response) {
  const visitor = visitorOf(request);
  response.setHeader("Set-Cookie", `visitor=${visitor}; HttpOnly; SameSite=Strict; Max-Age=31536000; Path=/`);
  response.setHeader("Content-Type", "application/json");
  if (request.method !== "POST") return response.writeHead(405, { Allow: "POST" }).end();
  const code = await codeOf(request);
  if (code === undefined) return response.writeHead(413, { Connection: "close" }).end();
  // A visitor who goes away is waited for no longer.
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const { output, error, result, stopped } = await sessions.run(visitor, code, { signal: gone.signal });
  response.end(`${JSON.stringify({ output, error, result, stopped })}\n`);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error.message);
    if (!response.headersSent) response.writeHead(statusOf(error)).end();
    else response.destroy();
  });
});
server.requestTimeout = 30_000;
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));

process.once("SIGTERM", () => {
  server.close(async () => {
    await sessions.close();
    process.exit();
  });
  server.closeIdleConnections();
});
