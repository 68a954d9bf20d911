import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../node/package-root.js";

export type Sdk = typeof import("./sdk.js");

export function loadSdk(): Sdk {
  return createRequire(import.meta.url)(join(packageRoot(), "dist", "mcp-sdk.cjs"));
}
