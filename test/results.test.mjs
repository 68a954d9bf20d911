// Holds the tables of docs/results.md: the fields of a result, and what stops a run, with its exit code.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createSession } from "../dist/index.js";
import { finish, run, start, startJsonLines } from "./commands.mjs";

const page = readFileSync(new URL("../docs/results.md", import.meta.url), "utf8");
const isLinux = process.platform === "linux";

/** The rows of the table behind a heading, as its cells. */
function rowsOf(heading, table = 0) {
  const section = page.slice(page.indexOf(`\n## ${heading}\n`) + 1);
  const tables = section.match(/(?:^\|.*\n)+/gm);
  return tables[table]
    .trim()
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const wordsIn = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

/** Runs that have every field between them. */
const runs = [
  { code: "import sys\nprint('a')\nprint('b', file=sys.stderr)\n6 * 7" },
  { code: "1 / 0" },
  { code: "import sys; sys.exit(3)" },
  { code: "import os; os._exit(3)" },
  { code: "1", snapshot: true },
  { code: "open('/tmp/a', 'w').close()" },
  { code: "display(1)", value: true },
  { code: "[1]", value: true },
  { code: "await approve.aio()" },
];
const approve = { run: (_, { suspend }) => suspend() };

/** What no short run has. */
const rare = { cpuMs: "cpu_ms", stopped: "stopped", filesCut: "files_cut" };

test("the table of fields has those of a result, each with its name in JSON lines, and no others", async () => {
  const rows = rowsOf("Fields").map(([library, lines]) => [wordsIn(library)[0], wordsIn(lines)[0]]);
  const session = await createSession("python", { functions: { approve } });
  const fields = new Set(Object.keys(rare));
  for (const { code, ...options } of runs) {
    for (const name of Object.keys(await session.run(code, options))) fields.add(name);
  }
  assert.deepEqual([...fields].sort(), rows.map(([library]) => library).sort());
  await session.close();

  const server = startJsonLines("pyrunner");
  await server.send({ id: 0, op: "functions", functions: { approve: {} } });
  const members = new Set(Object.values(rare));
  for (const { code, value = false } of runs) {
    const request = { id: 1, code, details: true, value };
    const answer = code.startsWith("await")
      ? await suspendedAnswer(server, request)
      : await server.send(request);
    for (const name of Object.keys(answer)) members.add(name);
  }
  members.delete("id");
  assert.deepEqual([...members].sort(), rows.flatMap(([, lines]) => lines ?? []).sort());
  await server.end();
});

/** The client says that the answer comes another day, which is not answered; what comes next is the run's answer. */
async function suspendedAnswer(server, request) {
  const { call } = await server.send(request);
  return server.send({ id: 2, op: "suspend", call });
}

const stops = rowsOf("Stops and exit codes");

/** What has a run meet each limit, in each language. */
const meetings = {
  timeout: ["while True: pass", "for (;;);", { timeoutMs: 100 }, ["--timeout", "300ms"]],
  cpu: ["while True: pass", "for (;;);", { cpuTimeoutMs: 50 }, ["--cpu-timeout", "100ms"]],
  memory: [
    "a = []\nwhile True:\n  try: a.append(bytearray(1 << 20))\n  except MemoryError: pass",
    "var a = []; for (;;) try { a.push(new Uint8Array(1 << 20)) } catch {}",
    { memoryBytes: 64 * 2 ** 20 },
    ["--max-memory", "64MB"],
  ],
  output: [
    "while True: print('x' * 100)",
    "for (;;) console.log('x'.repeat(100))",
    { maxOutputBytes: 1000 },
    ["--max-output", "1000"],
  ],
  calls: [
    "while True:\n  try: approve()\n  except RuntimeError: pass",
    "for (;;) try { approve.sync() } catch {}",
    { maxCalls: 100 },
    ["--max-calls", "100"],
  ],
};
/** In a command, nobody answers a call at once; see durable.md. */
const functionsFile = join(mkdtempSync(join(tmpdir(), "wasm-repl-results-")), "functions.json");
writeFileSync(functionsFile, JSON.stringify({ approve: {} }));
const given = {
  calls: (command) => ["--functions", functionsFile, "--session", `${functionsFile}.${command}`],
};

describe("the table of stops", () => {
  test("has every word", () => {
    const words = stops.map(([word]) => wordsIn(word)[0]);
    assert.deepEqual(words, [...Object.keys(meetings), "interrupt"]);
  });

  for (const [word, , option, commandLine, , exitCode] of stops.slice(0, -1)) {
    const [name] = wordsIn(word);
    const [python, javaScript, options, words] = meetings[name];
    const skip = name === "cpu" && !isLinux && "Linux tells processor time";
    test(`is right about ${name}`, { skip }, async () => {
      assert.deepEqual(Object.keys(options), wordsIn(option));
      assert.equal(words[0], wordsIn(commandLine)[0].split(" ")[0]);
      for (const [command, flag, code] of [
        ["pyrunner", "-c", python],
        ["jsrunner", "-e", javaScript],
      ]) {
        const session = await createSession(command === "pyrunner" ? "python" : "javascript", {
          functions: { approve },
          ...options,
        });
        assert.equal((await session.run(code)).stopped, name);
        await session.close();
        const { code: status, stderr } = await run(command, [
          ...(given[name]?.(command) ?? []),
          ...words,
          flag,
          code,
        ]);
        assert.equal(status, Number(exitCode), stderr);
        assert.match(stderr, new RegExp(`\\n?${command}: (stopped at its|output cut off at its limit)`));
      }
    });
  }
});

test("a command that is interrupted ends by the signal that a shell shows as the table's code", async () => {
  const [, , , , , exitCode] = stops.at(-1);
  assert.equal(Number(exitCode), 128 + 2);
  const child = start("pyrunner", ["-c", "print('on', flush=True)\nwhile True: pass"]);
  child.stdout.once("data", () => child.kill("SIGINT"));
  assert.equal((await finish(child)).signal, "SIGINT");
});

test("the other exit codes are what the table says", async () => {
  const expected = {
    0: ["pyrunner", ["-c", "1"]],
    1: ["pyrunner", ["-c", "1 / 0"]],
    2: ["pyrunner", ["--max-memory", "4M", "-c", "1"]],
    13: ["jsrunner", ["--eval", "await new Promise(() => {})"]],
    75: ["pyrunner", [...given.calls("suspended"), "-c", "await approve.aio()"]],
    134: ["pyrunner", ["-c", "import os; os.abort()"]],
    other: ["jsrunner", ["-e", "process.exit(7)"]],
  };
  const rows = rowsOf("Stops and exit codes", 1).map(([code]) => code);
  assert.deepEqual(rows, ["0", "1", "2", "13", "75", "134", "141", "other"]);
  for (const [row, [command, words]] of Object.entries(expected)) {
    const { code, stderr } = await run(command, words);
    assert.equal(code, row === "other" ? 7 : Number(row), stderr);
  }
  const child = start("pyrunner", ["-c", "while True: print('x' * 1000)"]);
  child.stdout.once("data", () => child.stdout.destroy());
  assert.equal((await finish(child)).code, 141);
});

describe("a wrong value on a command line", () => {
  const wrong = [
    ["--timeout", "soon"],
    ["--cpu-timeout", "0"],
    ["--max-memory", "5G"],
    ["--max-memory", "1M"],
    ["--max-output", "-1"],
    ["--max-files", "1"],
    ["--max-file-bytes", "1"],
    ["--on-limit", "ignore"],
    ["--env", "A"],
    ["--mount", "/nowhere at all:/a"],
    ["--frobnicate"],
  ];

  for (const [command, flag] of [
    ["pyrunner", "-c"],
    ["jsrunner", "-e"],
  ]) {
    test(`ends ${command} with 2 and one line that names it`, async () => {
      for (const words of wrong) {
        for (const more of [[flag, "1"], ["--jsonl"]]) {
          const { code, stdout, stderr } = await run(command, [...words, ...more]);
          assert.deepEqual([code, stdout], [2, ""], `${words} ${more}: ${stderr}`);
          assert.match(stderr, new RegExp(`^${command}: [^\\n]+\\(see ${command} --help\\)\\n$`));
        }
      }
    });
  }
});
