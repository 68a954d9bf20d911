import type { Language } from "./bundled.js";

interface TrainingProgram {
  readonly mode: "cell" | "program";
  readonly code: string;
}

/**
 * What typical programs do, run once when the code cache is made. The functions of the interpreter that are called
 * here are compiled at best before a user's process starts; all others are compiled when they are first called.
 */
export const trainingPrograms: Readonly<Record<Language, readonly TrainingProgram[]>> = {
  python: [
    { mode: "cell", code: "x = 5" },
    { mode: "cell", code: "print(x * 2); [n * n for n in range(10) if n % 2]" },
    { mode: "cell", code: "raise ValueError('expected to fail')" },
    { mode: "cell", code: "expected to fail to compile (" },
    {
      mode: "cell",
      code: `
import argparse, asyncio, csv, dataclasses, datetime, decimal, email.message, fractions, functools, hashlib
import html.parser, http.client, inspect, io, itertools, json, logging, os, pathlib, pprint, random, re, sqlite3
import statistics, string, sys, tarfile, tempfile, textwrap, time, tomllib, typing, unittest, urllib.request, uuid
import xml.etree.ElementTree, zipfile, zlib, bz2, lzma, base64, struct, collections, heapq, bisect, copy, enum

@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: float = 0.5
    def norm(self): return (self.x ** 2 + self.y ** 2) ** 0.5

def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
fib(12)
points = sorted([Point(n % 7, n / 3) for n in range(50)], key=lambda p: p.norm())
text = json.dumps([dataclasses.asdict(p) for p in points], indent=1)
json.loads(text)
re.sub(r"(\\d+)\\.(\\d+)", lambda m: m[2] + m[1], text); re.findall(r"([a-z]+)(\\d+)", "foo123 " * 50)
counter = collections.Counter("the quick brown fox".split()); counter.most_common(2)
d = {str(i): i for i in range(500)}; sum(len(k) for k in d)
x = 0.5
for i in range(200): x = 3.9 * x * (1 - x)
f"{x:.3f} {x!r:>20} {10 ** 30:,} {-7 // 2} {2.5 % 1}"
decimal.Decimal(1) / 3; fractions.Fraction(1, 3) + 1; statistics.mean([1, 2, 3])
random.seed(1); random.shuffle(list(range(50))); [random.random() for _ in range(50)]
datetime.datetime.now().isoformat(); datetime.date(2024, 2, 29).strftime("%A"); time.localtime()
with open("/tmp/t.txt", "w") as f: f.write("line\\n" * 100)
with open("/tmp/t.txt") as f: lines = f.readlines()
os.listdir("/tmp"); pathlib.Path("/tmp/t.txt").stat(); os.remove("/tmp/t.txt")
hashlib.sha256(b"x").hexdigest(); uuid.uuid4(); base64.b64encode(os.urandom(12)); zlib.decompress(zlib.compress(b"abc" * 100))
db = sqlite3.connect(":memory:"); db.execute("create table t(a, b)"); db.executemany("insert into t values (?, ?)", [(1, "x"), (2, "y")])
db.execute("select sum(a), group_concat(b) from t group by b order by 1").fetchall()
list(csv.reader(io.StringIO("a,b\\n1,2"))); textwrap.wrap("word " * 40); pprint.pformat(d)
gen = (n for n in range(5)); list(itertools.chain(gen, map(str, range(3)), zip("ab", "cd"))); functools.reduce(int.__add__, range(5))
try:
    {}["missing"]
except KeyError as error:
    repr(error)
class Stack(list):
    def __enter__(self): return self
    def __exit__(self, *rest): return True
with Stack() as s: s.append(1); raise RuntimeError
match points[0]:
    case Point(x=0): pass
    case _: pass
asyncio.iscoroutinefunction(fib); inspect.signature(fib); "ünïcödé".upper().encode("utf-8").decode(); "a,b".split(","); set("abc") & {"a"}
bytes(range(9)).hex(); int("12", 16); 3 ** 200 % 97; complex(1, 2) * 2; round(2.567, 2); divmod(7, 2); abs(-3); max([3, 1]); any([0]); [*range(3)][::-1]
`,
    },
    { mode: "program", code: "print('hello')\nraise SystemExit(0)" },
  ],
  javascript: [
    { mode: "cell", code: "let x = 5" },
    { mode: "cell", code: "console.log(x * 2, { a: [1, 'two', null], b: new Map([[1, 2]]) }); x" },
    { mode: "cell", code: "throw new TypeError('expected to fail')" },
    { mode: "cell", code: "expected to fail to compile (" },
    {
      mode: "cell",
      code: `
class Point { #x = 1; constructor(y) { this.y = y; } get norm() { return Math.hypot(this.#x, this.y); } }
const points = Array.from({ length: 50 }, (_, i) => new Point(i % 7)).sort((a, b) => a.norm - b.norm);
const text = JSON.stringify(points.map((p) => ({ ...p })), null, 1); JSON.parse(text);
text.replace(/(\\d+)/g, (m) => m + 1).split(",").map((s) => s.trim()).filter(Boolean).join("-");
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); } fib(12);
const counts = new Map(); for (const w of "the quick the".split(" ")) counts.set(w, (counts.get(w) ?? 0) + 1);
const set = new Set([1, 2, 3]); [...set].reduce((a, b) => a + b, 0); 10n ** 30n; parseInt("ff", 16); (0.1 + 0.2).toFixed(2);
function* gen() { yield* [1, 2]; } [...gen()]; const { a, ...rest } = { a: 1, b: 2 }; new Date().toISOString();
try { null.x; } catch (error) { String(error.stack); } finally { Object.entries(rest); }
await Promise.all([1, 2].map(async (n) => { await null; return n; })); new Uint8Array(8).fill(3); /(?<y>\\d{4})/.exec("2024").groups.y;
await new Promise((resolve) => setTimeout(resolve, 0)); structuredClone?.({ a: 1 }); console.table?.([{ a: 1 }]); label: for (;;) break label; Symbol("s").description`,
    },
    { mode: "program", code: "console.log(1)" },
  ],
};
