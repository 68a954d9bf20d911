// Loaded into a process by `measured-run.mjs`: tells its highest resident memory, in KiB, on descriptor 3. What the
// system's `getrusage` counts is no use: it begins with that of the process which started this one.
const { readFileSync, writeSync } = require("node:fs");

if (require("node:worker_threads").isMainThread) {
  process.on("exit", () =>
    writeSync(3, /^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]),
  );
}
