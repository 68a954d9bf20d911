// A static server such as pages are served by: with the headers that let a page share memory with its workers, or without.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageRoot = fileURLToPath(new URL("../..", import.meta.url));
const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};
const isolating = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/**
 * @param isIsolated Whether pages are cross-origin isolated.
 * @param answers Files that are not the package's, by path; a function answers by itself, unless it gives false.
 * @param directory What is served in place of the package.
 * @returns Its address, the paths that were asked for, and how to close it.
 */
export async function serve(isIsolated, answers = {}, directory = undefined) {
  const root = directory ?? packageRoot;
  const served = directory ?? join(packageRoot, "dist");
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    requests.push(pathname);
    for (const [name, value] of Object.entries(isIsolated ? isolating : {})) response.setHeader(name, value);
    response.setHeader("Content-Type", types[extname(pathname)] ?? "application/octet-stream");
    response.setHeader("Cache-Control", pathname.endsWith(".json") ? "no-cache" : "max-age=3600");
    const own = pathname === "/" ? pageText : answers[pathname];
    if (pathname === "/") response.setHeader("Content-Type", "text/html");
    if (typeof own === "string") return response.end(own);
    if (own?.(request, response)) return;
    const file = join(root, pathname);
    if (!file.startsWith(served) || !existsSync(file)) return response.writeHead(404).end();
    response.setHeader("Content-Length", statSync(file).size);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://localhost:${server.address().port}/`,
    requests,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const pageText =
  '<!doctype html><meta charset="utf-8"><title>wasm-repl</title><link rel="icon" href="data:,">';
