// After an installation from the registry: caches machine code for this Node.js, so that commands start fast.
// Everything works without it, so nothing here may fail an installation. In a fresh clone there is no dist/ yet,
// and the build does the same at its end.
const { spawnSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const { join } = require("node:path");

const script = join(__dirname, "..", "dist", "code-cache.cjs");
if (existsSync(script)) spawnSync(process.execPath, [script], { stdio: "ignore", timeout: 120_000 });
