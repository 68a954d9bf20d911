import type { CommandName } from "./command.js";
import type { Option } from "./option.js";
import { serviceOptions } from "./service-options.js";

const both = ["pyrunner", "jsrunner"] as const;
const all = [...both, "wasirun"] as const;
const every = [...all, "wasm-repl", "wasm-repl serve", "wasm-repl token"] as const;

/** The options by the names that the rest of the code has for them, in the order of the help. */
export const options = {
  code: { names: ["-c"], of: ["pyrunner"], value: "text", placeholder: "CODE", last: true, help: "run CODE" },
  module: {
    names: ["-m"],
    of: ["pyrunner"],
    value: "text",
    placeholder: "MODULE",
    last: true,
    help: "run a module as a program: one in the working directory, which it then sees read-only, or of the library",
  },
  evaluate: {
    names: ["-e", "--eval"],
    of: ["jsrunner"],
    value: "text",
    placeholder: "CODE",
    last: true,
    help: "run CODE",
  },
  print: {
    names: ["-p", "-pe", "--print"],
    of: ["jsrunner"],
    value: "text",
    placeholder: "CODE",
    last: true,
    help: "run CODE and print the value of its last expression",
  },
  typescript: {
    names: ["--ts"],
    of: ["jsrunner"],
    excludes: { "--jsonl": 'its requests say it, with "language": "typescript"' },
    help: "the code is TypeScript, whose types are left out; files that end in .ts, .mts or .cts are anyway",
  },
  interactive: {
    names: ["-i"],
    of: both,
    help: "on a terminal: go on with a prompt after the program",
  },
  quiet: { names: ["-q"], of: both, help: "no banner before the prompt" },
  jsonl: {
    names: ["--jsonl"],
    of: both,
    help: "read JSON requests from standard input, one a line; see docs/jsonl.md",
  },
  env: {
    names: ["--env"],
    of: all,
    value: "variable",
    placeholder: "NAME=VALUE",
    repeatable: true,
    help: "set an environment variable of the program",
  },
  mounts: {
    names: ["--mount"],
    of: all,
    value: "mount",
    placeholder: "HOST:GUEST[:MODE]",
    repeatable: true,
    help:
      "let the program see the directory HOST at the absolute path GUEST. MODE is ro (the default), rw, or " +
      "overlay (changes are kept in memory only)",
  },
  directories: {
    names: ["--dir"],
    of: ["wasirun"],
    value: "directory",
    placeholder: "HOST[::GUEST]",
    repeatable: true,
    help:
      "as other runners have it: let the program see and change the directory HOST, by the name GUEST or else by the " +
      "one that is given here",
  },
  invoke: {
    names: ["--invoke"],
    of: ["wasirun"],
    value: "text",
    placeholder: "NAME",
    help: "call the exported function NAME with ARGS, which are numbers, and print what it returns, a line each",
  },
  seed: {
    names: ["--seed"],
    of: all,
    value: "seed",
    placeholder: "SEED",
    help:
      "run it the same way each time: random numbers come from SEED, a number or a text, and the clock is moved by " +
      "the program alone; see docs/determinism.md",
  },
  startTimeMs: {
    names: ["--start-time"],
    of: all,
    value: "moment",
    placeholder: "TIME",
    needs: ["--seed"],
    help: "with --seed: what the clock begins with, such as 2024-05-01T12:00:00Z, or seconds since 1970 (default 2020)",
  },
  timeoutMs: {
    names: ["--timeout"],
    of: all,
    value: "duration",
    placeholder: "TIME",
    help: "stop the program after TIME by the clock, such as 2s, 500ms or 2m: exit code 124",
  },
  cpuTimeoutMs: {
    names: ["--cpu-timeout"],
    of: both,
    value: "duration",
    placeholder: "TIME",
    help: "stop the program when it has computed for TIME, however busy the machine is: exit code 152",
  },
  memoryBytes: {
    names: ["--max-memory"],
    of: all,
    value: "memory",
    placeholder: "SIZE",
    help: "the most memory of the program, such as 512MB or 1.5G (default 1G)",
  },
  stackBytes: {
    names: ["--max-stack"],
    of: ["wasirun"],
    value: "stack",
    placeholder: "SIZE",
    help: "the stack of the program, such as 64M (default about 1M, and 16M with --timeout)",
  },
  maxOutputBytes: {
    names: ["--max-output"],
    of: both,
    value: "size",
    placeholder: "SIZE",
    help: "the most output (default for a program: no limit); exit code 153",
  },
  onLimit: {
    names: ["--on-limit"],
    of: both,
    value: "limitAction",
    placeholder: "ACTION",
    help:
      "what follows when the program wants more memory or output than it may: stop ends it (the default), raise " +
      "leaves it with its language's error",
  },
  maxFileBytes: {
    names: ["--max-file-bytes"],
    of: both,
    value: "size",
    placeholder: "SIZE",
    help: "the most bytes of files in memory (default 256MB)",
  },
  maxFiles: {
    names: ["--max-files"],
    of: both,
    value: "count",
    placeholder: "COUNT",
    help: "the most files, directories and links in memory (default 65536)",
  },
  functions: {
    names: ["--functions"],
    of: both,
    value: "path",
    placeholder: "FILE",
    help: "functions of the host that the code may call, declared in FILE; see docs/jsonl.md and docs/durable.md",
  },
  maxCalls: {
    names: ["--max-calls"],
    of: both,
    value: "count",
    placeholder: "COUNT",
    help: "the most calls of host functions in one run (default 10000); exit code 154",
  },
  maxCallBytes: {
    names: ["--max-call-bytes"],
    of: both,
    value: "size",
    placeholder: "SIZE",
    help: "the most bytes of the arguments of one call, and of what it gives (default 16MB)",
  },
  maxWaitMs: {
    names: ["--max-wait"],
    of: both,
    value: "duration",
    placeholder: "TIME",
    help: "stop the program when it has waited for host functions for TIME, which --timeout does not count",
  },
  session: {
    names: ["--session"],
    of: both,
    value: "path",
    placeholder: "FILE",
    help: "go on with the session in FILE, and keep it there afterwards",
  },
  resume: {
    names: ["--resume"],
    of: both,
    value: "path",
    placeholder: "ANSWERS",
    needs: ["--session"],
    excludes: { "--jsonl": "that has an operation for it" },
    help: "with --session: go on with the program that waits in FILE, with the answers in the file ANSWERS, or - for standard input",
  },
  readOnly: {
    names: ["--read-only"],
    of: both,
    needs: ["--session"],
    help: "with --session: leave FILE as it is",
  },
  maxLive: {
    names: ["--max-live"],
    of: both,
    value: "count",
    placeholder: "COUNT",
    needs: ["--jsonl", "--mcp"],
    help:
      "with --jsonl and --mcp: the most sessions that have an interpreter at one time (default 64); the others hibernate until " +
      "they are asked",
  },
  hibernateAfterMs: {
    names: ["--hibernate-after"],
    of: both,
    value: "duration",
    placeholder: "TIME",
    needs: ["--jsonl", "--mcp"],
    help: "with --jsonl and --mcp: sessions that nothing is asked of for TIME hibernate, which frees their memory",
  },
  mcp: {
    names: ["--mcp"],
    of: both,
    excludes: {
      "--jsonl": "each has standard input for itself",
      "--functions": "nobody would answer their calls; see --mcp-servers",
      "--read-only": "sessions are kept, or there is no --session",
      "--resume": "it goes on with a program",
      "--raw-output": "its answers hold the output as JSON",
      "-i": "it has no prompt",
    },
    help:
      "serve the Model Context Protocol on standard input and output, for agents; with --session DIR the sessions " +
      "are kept in DIR; see docs/mcp.md",
  },
  http: {
    names: ["--http"],
    of: both,
    value: "port",
    placeholder: "PORT",
    needs: ["--mcp"],
    help:
      "with --mcp: serve over HTTP at this port of the loopback address, or any with 0, in place of standard input and " +
      "output; standard error tells the address and a token",
  },
  tokenFile: {
    names: ["--token-file"],
    of: both,
    value: "path",
    placeholder: "FILE",
    needs: ["--http"],
    help: "with --http: the tokens that clients may have, one a line, in place of a new one",
  },
  mcpServers: {
    names: ["--mcp-servers"],
    of: both,
    value: "path",
    placeholder: "FILE",
    needs: ["--mcp"],
    help: "with --mcp: start the MCP servers in FILE, whose tools are functions that the code may call",
  },
  network: {
    names: ["--allow-net"],
    of: both,
    value: "host",
    placeholder: "HOST[:PORT]",
    repeatable: true,
    excludes: { "--runtime": "builds for WASI have no sockets" },
    help:
      "let the program reach a host, such as example.com, api.example.com:443, *.example.com or 192.0.2.1:80; see " +
      "docs/network.md",
  },
  runtimeDirectory: {
    names: ["--runtime", "-runtime"],
    of: ["pyrunner"],
    value: "text",
    placeholder: "DIR",
    help: "run the CPython build for WASI in DIR (python.wasm beside lib/) instead of the bundled one",
  },
  with: {
    names: ["--with"],
    of: ["pyrunner"],
    value: "text",
    placeholder: "PACKAGES",
    repeatable: true,
    help: 'packages that the program may import, such as numpy or "six, attrs>=25"; see docs/packages.md',
  },
  scriptPackages: {
    names: ["--script-packages"],
    of: ["pyrunner"],
    help: "packages that the script names itself, in a comment that begins with # /// script",
  },
  lock: {
    names: ["--lock"],
    of: ["pyrunner"],
    value: "path",
    placeholder: "FILE",
    excludes: { "--with": "the lock says which packages there are" },
    help: "the packages in FILE, exactly, as pyrunner lock --with PACKAGES has printed it",
  },
  findLinks: {
    names: ["--find-links"],
    of: ["pyrunner", "wasm-repl serve"],
    value: "path",
    placeholder: "DIR",
    repeatable: true,
    help: "look for wheels in DIR before anywhere else",
  },
  indexUrl: {
    names: ["--index-url"],
    of: ["pyrunner"],
    value: "text",
    placeholder: "URL",
    help: "take packages from the index at URL (default: PIP_INDEX_URL, else the interpreter's own distribution)",
  },
  prepare: {
    names: ["--prepare"],
    of: ["pyrunner"],
    help: "import the packages once and begin from there (a program does so when it wants the same ones again)",
  },
  offline: {
    names: ["--offline"],
    of: ["pyrunner"],
    help: "fetch nothing: packages are in the cache, or in DIR",
  },
  trace: {
    names: ["--trace"],
    of: all,
    help: "tell each call that the program makes of the host on standard error, a line each",
  },
  rawOutput: {
    names: ["--raw-output"],
    of: all,
    excludes: { "--jsonl": "its answers hold the output as JSON" },
    help: "let output reach a terminal as it is: by default only text, colours, cursor movement and erasing do",
  },
  bytecode: { names: ["-B"], of: ["pyrunner"], help: "write no bytecode beside imported files" },
  ignoreEnvironment: {
    names: ["-E"],
    of: ["pyrunner"],
    help: "take no notice of PYTHONPATH and the other variables of Python in --env",
  },
  isolated: { names: ["-I"], of: ["pyrunner"], help: "isolated: as -E -P -s" },
  optimize: {
    names: ["-O"],
    of: ["pyrunner"],
    counted: true,
    help: "leave out assertions; -OO leaves out docstrings too",
  },
  safePath: {
    names: ["-P"],
    of: ["pyrunner"],
    help: "look for no modules beside the script or in the working directory",
  },
  userSite: { names: ["-s"], of: ["pyrunner"], help: "no effect: there are no packages of a user" },
  site: { names: ["-S"], of: ["pyrunner"], help: "no effect but in sys.flags" },
  unbuffered: { names: ["-u"], of: ["pyrunner"], help: "write output at once, not line by line" },
  verbose: { names: ["-v"], of: ["pyrunner"], counted: true, help: "tell of each import on standard error" },
  warnings: {
    names: ["-W"],
    of: ["pyrunner"],
    value: "interpreter",
    placeholder: "FILTER",
    repeatable: true,
    help: "what becomes of warnings, such as error or ignore::DeprecationWarning",
  },
  extended: {
    names: ["-X"],
    of: ["pyrunner"],
    value: "interpreter",
    placeholder: "NAME[=VALUE]",
    repeatable: true,
    help: "set an option of the implementation, such as dev; see docs/python.md",
  },
  ...serviceOptions,
  version: {
    names: ["-V", "--version"],
    of: every,
    last: true,
    counted: true,
    help: "print the version; pyrunner -VV prints all of the interpreter's",
  },
  help: { names: ["-h", "--help"], of: every, last: true, help: "print this help" },
} as const satisfies Record<string, Option>;

export type OptionKey = keyof typeof options;

/** The options of a command, with the keys that they have in the table. */
export function optionsOf(command: CommandName): [key: OptionKey, option: Option][] {
  return (Object.entries(options) as [OptionKey, Option][]).filter(([, { of }]) => of.includes(command));
}
