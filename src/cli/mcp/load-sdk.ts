import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../node/package-root.js";

export type Sdk = typeof import("./sdk.js");
export type ClientSdk = typeof import("./client-sdk.js");

export function loadSdk(): Sdk {
  return load("mcp-sdk");
}

export function loadClientSdk(): ClientSdk {
  return load("mcp-client-sdk");
}

function load<Module>(name: string): Module {
  return createRequire(import.meta.url)(join(packageRoot(), "dist", `${name}.cjs`));
}
