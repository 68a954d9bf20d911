// A server of static files for the playground: with the headers that let it share memory with its workers, and Brotli.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const directory = fileURLToPath(new URL("../dist/playground", import.meta.url));
const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};
const compress = promisify(brotliCompress);
/** A balance: the interpreters take half a second together, and become a third. */
const quality = 4;

const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types default; frame-ancestors 'none'";

/**
 * @param options `port`: 0 for any. `isIsolated`: whether the page may share memory. `path`: where on the server the page
 *   is. `compresses`: with Brotli, where that is asked for. `answer`: does an answer by itself if it returns true.
 * @returns The page's address, and how to end the server.
 */
export async function servePlayground({
  port = 0,
  isIsolated = true,
  path = "/",
  compresses = true,
  answer = () => false,
} = {}) {
  const compressed = new Map();

  async function handle(request, response) {
    const { pathname } = new URL(request.url, "http://localhost");
    if (answer(request, response)) return;
    const name = decodeURIComponent(pathname).slice(path.length) || "index.html";
    const file = join(directory, normalize(`/${name}`));
    const isThere = pathname.startsWith(path) && existsSync(file) && extname(file) !== "";
    if ((request.method !== "GET" && request.method !== "HEAD") || !isThere) {
      return response.writeHead(404).end("there is no such file\n");
    }
    const isLasting =
      /-[0-9a-f]{12}\.\w+$/.test(name) || (name.startsWith("runtimes/") && request.url.includes("?"));
    const headers = {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      "Cache-Control": isLasting ? "public, max-age=31536000, immutable" : "no-cache",
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      Vary: "Accept-Encoding",
    };
    if (isIsolated) {
      headers["Cross-Origin-Opener-Policy"] = "same-origin";
      headers["Cross-Origin-Embedder-Policy"] = "require-corp";
      headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
    let body = readFileSync(file);
    if (compresses && /\bbr\b/.test(request.headers["accept-encoding"] ?? "")) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: quality };
      if (!compressed.has(file)) compressed.set(file, compress(body, { params }));
      body = await compressed.get(file);
      headers["Content-Encoding"] = "br";
    }
    response.writeHead(200, { ...headers, "Content-Length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://localhost:${server.address().port}${path}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
