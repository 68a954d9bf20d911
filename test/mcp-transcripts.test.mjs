// Tasks as a model does them, call by call: what it reads is all that it goes on with.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { connect, textOf } from "./mcp-clients.mjs";

/** A call of a tool, and what the model reads of its result: exactly, or what it looks for. */
async function play(server, calls) {
  for (const [tool, args, expected, more = () => {}] of calls) {
    const result = await server.call(tool, args);
    const text = textOf(result);
    if (typeof expected === "string") assert.equal(text, expected);
    else assert.match(text, expected);
    more(result);
  }
}

describe("a model with pyrunner --mcp", () => {
  let server;
  before(async () => {
    server = await connect("pyrunner");
  });
  after(() => server.close());

  const python = (session) => (code, more) => ["run_python", { code, session, ...more }];

  test("analyses a table that it was given", async () => {
    const run = python("csv");
    const content = "city,year,rain\nBergen,2023,2250\nBergen,2024,2495\nOslo,2023,763\nOslo,2024,815\n";
    await play(server, [
      [
        "write_file",
        { path: "rain.csv", content, session: "csv" },
        `wrote ${content.length} bytes to rain.csv`,
      ],
      [...run("import csv\nrows = list(csv.DictReader(open('rain.csv')))\nrows[0]"), /'city': 'Bergen'/],
      [
        ...run(
          "from collections import defaultdict\nfrom statistics import mean\nby = defaultdict(list)\nfor row in rows: by[row['city']].append(row['rain'])\n{c: mean(v) for c, v in by.items()}",
        ),
        /TypeError: can't convert type 'str' to numerator/,
      ],
      [...run("{c: mean(map(float, v)) for c, v in by.items()}"), "{'Bergen': 2372.5, 'Oslo': 789.0}"],
    ]);
  });

  test("draws a picture without any package, and looks at it", async () => {
    const run = python("plot");
    const draw = `
import math, struct, zlib
def png(width, height, pixels):
    def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\\0" + bytes(row) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
pixels = [[255] * 64 for _ in range(32)]
for x in range(64): pixels[int(16 - 15 * math.sin(x / 8))][x] = 0
image = png(64, 32, pixels)
open("sine.png", "wb").write(image)
display({"image/png": image}, raw=True)`;
    const isPicture = ({ content }) => {
      const { type, mimeType, data } = content[1];
      assert.deepEqual([type, mimeType], ["image", "image/png"]);
      const bytes = Buffer.from(data, "base64");
      assert.deepEqual([bytes.readUInt32BE(16), bytes.readUInt32BE(20)], [64, 32]);
    };
    await play(server, [
      [...run("import matplotlib"), /No module named 'matplotlib'\n\[There is no such module here/],
      [...run(draw), /^\[files: \/home\/user\/sine\.png created, \d+ bytes\]$/, isPicture],
      ["read_file", { path: "sine.png", session: "plot" }, /^sine\.png: image\/png, \d+ bytes$/, isPicture],
    ]);
  });

  test("meets its time limit with a slow sieve, and comes back with a fast one", async () => {
    const run = python("primes");
    await play(server, [
      [
        ...run(
          "found = []\nn = 2\nwhile True:\n    if all(n % d for d in range(2, n)): found.append(n)\n    n += 1",
          {
            timeout_ms: 200,
          },
        ),
        /its time limit of 0\.2 s is over\.\n\[Give a larger timeout_ms \(it was 200, and may be 600000\).* is kept\.\]$/,
      ],
      [...run("found[:5]"), "[2, 3, 5, 7, 11]"],
      [
        ...run(
          "def sieve(n):\n    flags = bytearray([1]) * (n + 1)\n    flags[:2] = b'\\0\\0'\n    for d in range(2, int(n ** .5) + 1):\n        if flags[d]: flags[d * d::d] = bytes(len(range(d * d, n + 1, d)))\n    return sum(flags)\nsieve(100_000)",
        ),
        "9592",
      ],
    ]);
  });

  test("edits a file over several calls", async () => {
    const run = python("edit");
    const path = "app/greet.py";
    await play(server, [
      [
        "write_file",
        { path, content: "def greet(name):\n    return 'Helo ' + name\n", session: "edit" },
        /wrote 43 bytes/,
      ],
      [...run("import sys\nsys.path.insert(0, 'app')\nimport greet\ngreet.greet('Ada')"), "'Helo Ada'"],
      ["read_file", { path, session: "edit" }, "def greet(name):\n    return 'Helo ' + name\n"],
      [
        ...run(`p = '${path}'\ntext = open(p).read().replace('Helo', 'Hello')\nopen(p, 'w').write(text)`),
        /^44\n\[files: \/home\/user\/app\/greet\.py changed, 44 bytes\]$/,
      ],
      [...run("import importlib\nimportlib.reload(greet).greet('Ada')"), "'Hello Ada'"],
      ["list_files", { path: "app", session: "edit" }, /greet\.py {2}44 bytes/],
    ]);
  });

  test("forks before a risky step, and goes back", async () => {
    const run = python("risky");
    await play(server, [
      [...run("stock = {'tea': 3, 'cake': 5}"), "[no output]"],
      ["fork", { session: "risky", to: "risky-before" }, "risky-before is a copy of risky"],
      [
        ...run("for name in stock:\n    del stock[name]"),
        /RuntimeError: dictionary changed size during iteration/,
      ],
      [...run("stock"), "{'cake': 5}"],
      ["fork", { session: "risky-before", to: "risky", replace: true }, "risky is a copy of risky-before"],
      [...run("stock"), "{'tea': 3, 'cake': 5}"],
      ["reset", { session: "risky-before", remove: true }, "risky-before has ended"],
    ]);
  });

  test("mends its code by the traceback", async () => {
    const run = python("mend");
    const definition = (body) => `def parse(line):\n    ${body}\n`;
    await play(server, [
      [...run(definition("key, value = line.split('=')\n    return key, int(value)")), "[no output]"],
      [
        ...run("parse('a=1=2')"),
        /line 1, in <module>\n(?:.|\n)*?line 2, in parse\n(?:.|\n)*?ValueError: too many values to unpack/,
      ],
      [...run(definition("key, _, value = line.partition('=')\n    return key, value")), "[no output]"],
      [...run("parse('a=1=2')"), "('a', '1=2')"],
    ]);
  });

  test("keeps a database from call to call", async () => {
    const run = python("database");
    await play(server, [
      [
        ...run(
          "import sqlite3\ndb = sqlite3.connect('notes.db')\ndb.execute('create table notes (text)') and None",
        ),
        /notes\.db created/,
      ],
      [...run("db.executemany('insert into notes values (?)', [('a',), ('b',)]) and db.commit()"), /changed/],
      [...run("db.execute('select * from note').fetchall()"), /OperationalError: no such table: note/],
      [...run("db.execute('select text from notes order by text desc').fetchall()"), "[('b',), ('a',)]"],
    ]);
  });

  test("prints too much, and looks for what it wants in the whole of it", async () => {
    const run = python("long");
    await play(server, [
      [
        ...run("for n in range(10_000): print(n, 'WARNING' if n == 5432 else 'ok')"),
        /^0 ok\n1 ok\n(?:.|\n)*?characters left out(?:.|\n)*?9999 ok\n\[all of it is in \/tmp\/last-output\.txt\]$/,
      ],
      [...run("[line for line in open('/tmp/last-output.txt') if 'WARNING' in line]"), "['5432 WARNING\\n']"],
    ]);
  });

  test("writes tests for a function, and makes them pass", async () => {
    const run = python("tests");
    const tests =
      "import unittest\nfrom slug import slug\nclass SlugTest(unittest.TestCase):\n    def test_words(self): self.assertEqual(slug('A b!'), 'a-b')\n";
    const testing =
      "import io, importlib, sys, unittest\nsys.path[:0] = ['.']\nfor name in ('slug', 'test_slug'): sys.modules.pop(name, None)\nimportlib.invalidate_caches()\nout = io.StringIO()\nunittest.TextTestRunner(out).run(unittest.defaultTestLoader.loadTestsFromName('test_slug'))\nprint(out.getvalue().strip().splitlines()[-1])";
    const write = (path, content) => ["write_file", { path, content, session: "tests" }, /^wrote/];
    await play(server, [
      write("test_slug.py", tests),
      write("slug.py", "def slug(text): return text.lower().replace(' ', '-')\n"),
      [...run(testing), /^FAILED \(failures=1\)/],
      write("slug.py", "import re\ndef slug(text): return '-'.join(re.findall(r'\\w+', text.lower()))\n"),
      [...run(testing), /^OK/],
    ]);
  });

  test("asks for what there is not, and is told what to do instead", async () => {
    const run = python("without");
    await play(server, [
      [
        ...run("import urllib.request\nurllib.request.urlopen('http://a.example')"),
        /\[There is no network here\.\]$/,
      ],
      [...run("import subprocess\nsubprocess.run(['ls'])"), /\[There are no processes and no threads here/],
      [...run("input('name? ')"), /\[There is nobody to answer input\(\)/],
      ["read_file", { path: "/etc/passwd", session: "without" }, /no such file or directory/],
      ["sessions", {}, /^csv\n(?:.|\n)*?without$/],
    ]);
  });
});

test("a model with jsrunner --mcp turns a log into numbers", async () => {
  const server = await connect("jsrunner");
  const run = (code) => ["run_javascript", { code }];
  try {
    await play(server, [
      ["write_file", { path: "log.jsonl", content: '{"ms":3,"ok":true}\n{"ms":9,"ok":false}\n' }, /^wrote/],
      [
        ...run('const lines = fs.readFileSync("log.jsonl", "utf8").split("\\n")'),
        /ReferenceError: fs is not defined/,
      ],
      [
        ...run(
          'import fs from "fs";\nconst all = fs.readFileSync("log.jsonl", "utf8").trim().split("\\n").map(JSON.parse)',
        ),
        "[no output]",
      ],
      [...run("({ mean: all.reduce((sum, { ms }) => sum + ms, 0) / all.length })"), "{ mean: 6 }"],
    ]);
  } finally {
    await server.close();
  }
});
