/** The modules of Node.js. Those that are missing here are named in errors. */
const names =
  "assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain " +
  "events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl " +
  "stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib";
const nodeModules = new Set(names.split(" "));

/** Whether Node.js has a module of this name, without `node:`; parts of one count (`stream/web`). */
export function isNodeModule(name: string): boolean {
  return nodeModules.has(name.split("/", 1)[0] ?? "");
}
