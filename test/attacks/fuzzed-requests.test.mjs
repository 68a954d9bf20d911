// Whatever stands in 2,000 lines, each is answered once, and the process is right at the end. `WASM_REPL_TEST_SEED`
// gives other lines, `WASM_REPL_TEST_LINES` more of them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { serve } from "./jsonl-processes.mjs";

const seed = Number(process.env.WASM_REPL_TEST_SEED ?? 9);
const count = Number(process.env.WASM_REPL_TEST_LINES ?? 2000);
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-fuzz-"));
after(() => rmSync(folder, { recursive: true }));

const codes = {
  pyrunner: [
    "x = 1",
    "x",
    "print('é😀')",
    "1 / 0",
    "print(input())",
    "def f(",
    "import sys; sys.exit(3)",
    "print('a' * 70000)",
  ],
  jsrunner: [
    "var x = 1",
    "x",
    "console.log('é😀')",
    "null.x",
    "prompt()",
    "function (",
    "throw 3",
    "console.log('a'.repeat(70000))",
  ],
};

/** Numbers from 0 to 1, the same ones for each seed (mulberry32). */
function generator(start) {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function createFuzzer(random, programs) {
  const below = (limit) => Math.floor(random() * limit);
  const pick = (list) => list[below(list.length)];
  const strange = [
    "null",
    "true",
    "-0",
    "1e999",
    "12345678901234567890",
    "1.5",
    '""',
    '"\\ud800"',
    '"\\u0000"',
    "[]",
    "{}",
    "[[[[]]]]",
    '{"__proto__":1}',
    `"${"y".repeat(1001)}"`,
    "[",
    '"',
    "",
  ];
  const names = [
    "id",
    "code",
    "stdin",
    "session",
    "timeout_ms",
    "stream",
    "op",
    "target",
    "to",
    "path",
    "__proto__",
    "constructor",
    "é",
  ];
  // Nothing here may write where a mutation leads: paths are never changed in part.
  const values = {
    code: () => JSON.stringify(pick(programs)),
    stdin: () => '"Ada\\n"',
    session: () => pick(['"a"', '"b"', '"default"']),
    timeout_ms: () => pick(["1000", "1", "0.5"]),
    stream: () => pick(["true", "false"]),
    target: () => String(below(count)),
    to: () => pick(['"a"', '"b"', '"c"']),
    path: () => pick(['""', '"/no/such/folder/x"', '"\\u0000"', JSON.stringify(join(folder, "snapshot"))]),
  };

  const operations = [
    ["interrupt", "target"],
    ["reset"],
    ["reset", "session"],
    ["fork", "to"],
    ["close", "session"],
    ["sessions"],
    ["snapshot", "path"],
    ["restore", "path"],
  ];
  const extras = [[], ["session"], ["stdin", "stream"], ["timeout_ms"]];

  function request(id) {
    const members = [["id", pick([String(id), `"${id}"`])]];
    const [op, ...fields] = random() < 0.3 ? pick(operations) : ["run", "code", ...pick(extras)];
    if (op !== "run") members.push(["op", JSON.stringify(op)]);
    for (const name of fields) members.push([name, values[name]()]);
    return members;
  }

  const mutations = [
    (members) => members.splice(below(members.length), 1),
    (members) => members.push(pick(members)),
    (members) => members.push([pick(names), pick(strange)]),
    (members) => {
      pick(members)[1] = pick(strange);
    },
    (members) => {
      pick(members)[0] = pick(names);
    },
    (members) => members.reverse(),
  ];

  /** Changes single bytes, but none of a path. */
  function damage(line) {
    if (line.includes('"path"')) return line;
    const bytes = [...line];
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = below(bytes.length + 1);
      const byte = pick([0, 0x20, 0x22, 0x2c, 0x30, 0x5c, 0x5d, 0x7b, 0x7d, 0xff, below(256)]);
      bytes.splice(at, below(3), ...(byte === 0x0a ? [] : [byte]));
    }
    return Buffer.from(bytes);
  }

  return (id) => {
    const members = request(id);
    for (let turns = pick([0, 0, 1, 2]); turns > 0 && members.length > 0; turns--) pick(mutations)(members);
    const text = `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
    const line = Buffer.from(text);
    return random() < 0.3 ? damage(line) : line;
  };
}

/** The id that the answer must have: that of the line if there is exactly one, and it can be given back. */
function idOf(line) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(line).trim());
  } catch {
    return "";
  }
  if (typeof value !== "object" || value === null || !("id" in value)) return "";
  const { id } = value;
  if (typeof id === "string") return id.length <= 1000 && isOnce(line) ? id : "";
  return typeof id === "number" && Number.isFinite(id) && Math.abs(id) < 1e15 && isOnce(line) ? id : "";
}

function isOnce(line) {
  return line.toString().match(/"id"\s*:/g)?.length === 1;
}

/** The ids that stand more often in one list than in the other, and by how much. */
function difference(given, wanted) {
  const surplus = new Map();
  const add = (ids, sign) => {
    for (const id of ids.map((each) => JSON.stringify(each))) surplus.set(id, (surplus.get(id) ?? 0) + sign);
  };
  add(given, 1);
  add(wanted, -1);
  return [...surplus].filter(([, times]) => times !== 0);
}

for (const [command, programs] of Object.entries(codes)) {
  test(`${command} answers each of ${count} damaged requests once (seed ${seed})`, async (t) => {
    const server = serve(t, command, ["--timeout", "2s"], { cwd: folder }).read();
    const nextLine = createFuzzer(generator(seed), programs);
    const lines = Array.from({ length: count }, (_, id) => nextLine(id)).filter(
      (line) => line.toString().trim() !== "",
    );
    for (const line of lines) server.sendLine(line);
    server.send({ id: "last", session: "last", code: "6 * 7" }, { id: "open", op: "sessions" });
    const { code, stderr } = await server.end();
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    const answers = server.lines.filter(({ event }) => event === undefined);
    assert.equal(answers.find(({ id }) => id === "last").result, "42");
    assert.deepEqual(
      difference(
        answers.map(({ id }) => id),
        [...lines.map(idOf), "last", "open"],
      ),
      [],
    );
    // Many are refused and many are not: otherwise these lines would attack little.
    const refused = answers.filter(({ error }) => error?.startsWith("Invalid")).length;
    assert.ok(refused > count / 5 && refused < (count * 4) / 5, `${refused} were refused`);
  });
}
