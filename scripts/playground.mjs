// Serves the playground: `npm run playground`, `npm run playground -- --port 8000`. Builds it if it is not there.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildPlayground } from "./build-playground.mjs";
import { servePlayground } from "./serve-playground.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { port: { type: "string", default: "8080" } } });
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port must be a number from 0 to 65535, not ${values.port}`);
  process.exit(2);
}
if (!existsSync(join(root, "dist/browser/index.js"))) {
  console.error("dist/ is not built: run npm run build first");
  process.exit(1);
}
if (!existsSync(join(root, "dist/playground/index.html"))) await buildPlayground(root);
try {
  const { url } = await servePlayground({ port });
  console.log(`The playground is at ${url} (Ctrl-C ends it)`);
} catch (error) {
  const reason = error.code === "EADDRINUSE" ? "it is in use; --port gives another" : error.message;
  console.error(`cannot listen on port ${port}: ${reason}`);
  process.exit(1);
}
