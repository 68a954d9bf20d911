// Loaded into a process by `measured-run.mjs`: tells its highest resident memory, in KiB, on descriptor 3.
const { writeSync } = require("node:fs");

if (require("node:worker_threads").isMainThread) {
  process.on("exit", () => writeSync(3, `${process.resourceUsage().maxRSS}`));
}
