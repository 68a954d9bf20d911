import type { Option } from "./option.js";

const serve = ["wasm-repl serve"] as const;
const token = ["wasm-repl token"] as const;

/** The options of the service's command: part of the one table, see `options.ts`. */
export const serviceOptions = {
  data: {
    names: ["--data"],
    of: serve,
    value: "path",
    placeholder: "DIR",
    excludes: { "--postgres": "sessions are kept in one of them" },
    help: "keep all sessions in DIR, which one process at a time may use",
  },
  postgres: {
    names: ["--postgres"],
    of: serve,
    value: "text",
    placeholder: "URL",
    help:
      "keep all sessions in this PostgreSQL database, for any number of processes; without a value in the list of " +
      "processes: the environment variable WASM_REPL_POSTGRES",
  },
  blobs: {
    names: ["--blobs"],
    of: serve,
    value: "text",
    placeholder: "DIR|s3://…",
    help: "keep large states there (default: with --data in its directory blobs)",
  },
  listen: {
    names: ["--listen"],
    of: serve,
    value: "endpoint",
    placeholder: "HOST:PORT",
    help: "serve at this address (default 127.0.0.1:7070); port 0 is any",
  },
  advertise: {
    names: ["--advertise"],
    of: serve,
    value: "url",
    placeholder: "URL",
    help: "where other workers reach this one, such as http://10.0.0.7:7070 (default: where it listens)",
  },
  serviceTokens: {
    names: ["--token-file"],
    of: serve,
    value: "path",
    placeholder: "FILE",
    help:
      "who may ask for what, as wasm-repl token makes it; needed for any address but the loopback one, and read again " +
      "when it changes",
  },
  clusterSecret: {
    names: ["--cluster-secret-file"],
    of: serve,
    value: "path",
    placeholder: "FILE",
    help: "what workers know each other by: one line, the same for all; needed with --postgres",
  },
  maxHot: {
    names: ["--max-hot"],
    of: serve,
    value: "count",
    placeholder: "COUNT",
    help: "the most sessions that have an interpreter at one time (default: as the memory of the machine allows)",
  },
  drainTimeoutMs: {
    names: ["--drain-timeout"],
    of: serve,
    value: "duration",
    placeholder: "TIME",
    help: "how long cells that run may take to end after SIGTERM (default 30s)",
  },
  membershipTimeoutMs: {
    names: ["--membership-timeout"],
    of: serve,
    value: "duration",
    placeholder: "TIME",
    help: "how long a worker that is not heard of keeps its sessions before others take them (default 15s)",
  },
  retentionMs: {
    names: ["--retention"],
    of: serve,
    value: "duration",
    placeholder: "TIME",
    help: "how long cells that have ended are kept, with their results (default 168h)",
  },
  cellTimeoutMs: {
    names: ["--timeout"],
    of: serve,
    value: "duration",
    placeholder: "TIME",
    help: "the longest time of a cell by the clock (default 1m)",
  },
  cellCpuTimeoutMs: {
    names: ["--cpu-timeout"],
    of: serve,
    value: "duration",
    placeholder: "TIME",
    help: "the most processor time of a cell",
  },
  sessionMemoryBytes: {
    names: ["--max-memory"],
    of: serve,
    value: "memory",
    placeholder: "SIZE",
    help: "the most memory of a session's interpreter (default 512MB)",
  },
  cellOutputBytes: {
    names: ["--max-output"],
    of: serve,
    value: "size",
    placeholder: "SIZE",
    help: "the most output of a cell (default 1MB)",
  },
  sessionFileBytes: {
    names: ["--max-file-bytes"],
    of: serve,
    value: "size",
    placeholder: "SIZE",
    help: "the most bytes of files of a session (default 64MB)",
  },
  sessionFiles: {
    names: ["--max-files"],
    of: serve,
    value: "count",
    placeholder: "COUNT",
    help: "the most files and directories of a session (default 10000)",
  },
  allowedHosts: {
    names: ["--allow-net"],
    of: serve,
    value: "host",
    placeholder: "HOST[:PORT]",
    repeatable: true,
    help: "a host that sessions may ask to reach, to the letter (default: none)",
  },
  packageSets: {
    names: ["--packages"],
    of: serve,
    value: "variable",
    placeholder: "NAME=LOCK",
    repeatable: true,
    help: "packages that sessions of Python may ask for by NAME: those in the file LOCK, as pyrunner lock prints it",
  },
  tokenName: {
    names: ["--name"],
    of: token,
    value: "text",
    placeholder: "NAME",
    help: "what the token is called in the file (default: a new name)",
  },
  tokenPrefix: {
    names: ["--prefix"],
    of: token,
    value: "text",
    placeholder: "PREFIX",
    help: "it is for sessions whose keys begin with PREFIX (default: for all)",
  },
  tokenVerbs: {
    names: ["--verbs"],
    of: token,
    value: "text",
    placeholder: "LIST",
    help: "what it allows: of create, delete, read, run, answer, files, snapshot, metrics (default: all but metrics)",
  },
} as const satisfies Record<string, Option>;
