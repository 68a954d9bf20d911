/**
 * The benchmarks in the order of the table. Each is loaded only when it is chosen: what a module loads (Pyodide,
 * another engine) must not weigh on the others.
 *
 * A benchmark is a function of `{ runs, sessions }` that gives rows; table.mjs says what is in a row.
 */
export const benchmarks = {
  start: async () => (await import("./start.mjs")).start,
  "new-session": async () => (await import("./new-session.mjs")).newSession,
  "fresh-sessions": async () => (await import("./fresh-sessions.mjs")).freshSessions,
  jsonl: async () => (await import("./jsonl.mjs")).jsonl,
  mcp: async () => (await import("./mcp.mjs")).mcp,
  cpu: async () => (await import("./cpu.mjs")).cpu,
  imports: async () => (await import("./imports.mjs")).imports,
  "session-memory": async () => (await import("./session-memory.mjs")).sessionMemory,
  "named-sessions": async () => (await import("./named-sessions.mjs")).namedSessions,
  "closed-sessions": async () => (await import("./closed-sessions.mjs")).closedSessions,
  snapshot: async () => (await import("./snapshot.mjs")).snapshot,
  service: async () => (await import("./service.mjs")).service,
  "host-functions": async () => (await import("./host-functions.mjs")).hostFunctions,
  packages: async () => (await import("./packages.mjs")).packages,
  files: async () => (await import("./files.mjs")).files,
  "quickjs-emscripten": async () => (await import("./quickjs-emscripten.mjs")).quickJsEmscripten,
  browser: async () => (await import("./browser.mjs")).browser,
  "pyodide-start": async () => (await import("./pyodide-start.mjs")).pyodideStart,
};
