/** Sessions to start from. Their cells wait in the editor, one after the other, and none runs by itself. */
import type { Language } from "wasm-repl/browser";

export interface Example {
  readonly title: string;
  readonly text: string;
  readonly language: Language;
  readonly cells: readonly string[];
}

const undo = [
  `# A generator in the middle of its work, and a list that it fills.
def primes():
    found = []
    n = 2
    while True:
        if all(n % p for p in found):
            found.append(n)
            yield n
        n += 1

source = primes()
[next(source) for _ in range(10)]`,
  `# It goes on from where it stopped.
[next(source) for _ in range(5)]`,
  `# Now break everything, and press Undo: the generator is back at 47.
source.close()
del primes
next(source)`,
];

const forks = [
  `import random

cards = [f"{rank}{suit}" for suit in "♠♥♦♣" for rank in "A23456789TJQK"]
random.shuffle(cards)
hand = [cards.pop() for _ in range(3)]
hand`,
  `# Press Fork now, then run this. Go back to this state in the history, fork again, and draw once more:
# the same deck gives the same card, since a fork is a copy of everything, chance included.
hand.append(cards.pop())
hand`,
  `# In one of the forks, shuffle first: there the future is another one.
random.shuffle(cards)
hand.append(cards.pop())
hand`,
];

const database = [
  `import sqlite3

db = sqlite3.connect(":memory:")
db.execute("create table planets (name text, moons integer, radius_km real)")
db.executemany("insert into planets values (?, ?, ?)", [
    ("Earth", 1, 6371.0), ("Mars", 2, 3389.5), ("Jupiter", 95, 69911.0),
    ("Saturn", 146, 58232.0), ("Uranus", 28, 25362.0), ("Neptune", 16, 24622.0),
])
db.total_changes`,
  `# A result as a table: anything with _repr_html_ is shown richly.
class Query:
    def __init__(self, sql):
        cursor = db.execute(sql)
        self.head = [column[0] for column in cursor.description]
        self.rows = cursor.fetchall()

    def _repr_html_(self):
        row = lambda cells, tag: "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in cells) + "</tr>"
        body = "".join(row(cells, "td") for cells in self.rows)
        return f"<table><thead>{row(self.head, 'th')}</thead><tbody>{body}</tbody></table>"

Query("select name, moons, round(radius_km / 6371, 1) as earths from planets order by moons desc")`,
  `# The open database is part of the state. Delete from it, look, and undo.
db.execute("delete from planets where moons > 20")
Query("select count(*) as left_over from planets")`,
];

const picture = [
  `# A picture of the Mandelbrot set, written as PNG with nothing but zlib and struct.
import struct, zlib

def png(width, height, pixel):
    rows = b"".join(
        b"\\0" + bytes(part for x in range(width) for part in pixel(x, y)) for y in range(height)
    )
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

def mandelbrot(x, y, width=360, height=240):
    c, z = complex(3 * x / width - 2.1, 2.4 * y / height - 1.2), 0
    for step in range(40):
        z = z * z + c
        if abs(z) > 2:
            return (8 * step % 256, 90 + 4 * step % 166, 120 + 3 * step % 136)
    return (16, 24, 32)

picture = png(360, 240, mandelbrot)
display({"image/png": picture, "text/plain": "The Mandelbrot set"}, raw=True)`,
  `# And one as SVG: a phyllotaxis, as in a sunflower.
import math

class Sunflower:
    def _repr_svg_(self):
        turn = math.pi * (3 - math.sqrt(5))
        dots = "".join(
            f'<circle cx="{150 + 8 * math.sqrt(n) * math.cos(n * turn):.1f}" '
            f'cy="{150 + 8 * math.sqrt(n) * math.sin(n * turn):.1f}" r="{1.2 + n / 110:.2f}" '
            f'fill="hsl({35 + n / 8:.0f} 85% 50%)"/>'
            for n in range(300)
        )
        return f'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">{dots}</svg>'

Sunflower()`,
  `# Keep the first one as a file: it appears under Files, to download.
with open("mandelbrot.png", "wb") as file:
    file.write(picture)`,
];

const limits = [
  `# Runs for ever. Press Stop: the count is kept.
count = 0
while True:
    count += 1`,
  `count`,
  `# Takes all the memory there is. The limit stops it, and the page does not notice.
hoard = []
while True:
    hoard.append(bytearray(1_000_000))`,
  `# Prints a great deal. The page shows the beginning and the end, and has all of it to download.
for n in range(200_000):
    print(n, "a line of many")`,
];

const waiting = [
  `import asyncio, random

async def work(name):
    for step in range(1, 4):
        await asyncio.sleep(random.uniform(0.2, 0.6))
        print(f"{name}: step {step} of 3")
    return name.upper()

# await stands at the top level, and output comes as it is written.
await asyncio.gather(*[work(name) for name in ("ada", "grace", "linus")])`,
  `name = input("What is your name? ")
print(f"Hello, {name}!")`,
  `# A bar that draws over itself.
import time

for done in range(41):
    print(f"\\r[{'█' * done}{'·' * (40 - done)}] {done * 100 // 40:3} %", end="")
    time.sleep(0.03)
print()`,
];

const script = [
  `// Closures are part of a session's state too. Run, undo, fork.
const makeCounter = () => {
  let count = 0;
  return () => ++count;
};
const next = makeCounter();
[next(), next(), next()]`,
  `// await at the top level, and a table of what came of it.
const pause = (ms) => new Promise((done) => setTimeout(done, ms, ms));
const times = await Promise.all([30, 10, 20].map(pause));
const table = times.map((ms) => ({ ms, count: next() }));
table`,
  `// A picture: a spirograph as SVG.
const points = Array.from({ length: 721 }, (_, i) => {
  const t = (i / 720) * Math.PI * 14;
  return [150 + 80 * Math.cos(t) + 55 * Math.cos(t * 1.571), 150 + 80 * Math.sin(t) - 55 * Math.sin(t * 1.571)];
});
const path = points.map(([x, y]) => x.toFixed(1) + "," + y.toFixed(1)).join(" ");
display({
  "image/svg+xml": \`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300">
    <polyline points="\${path}" fill="none" stroke="#0f766e" stroke-width="1.5"/></svg>\`,
  "text/plain": "A spirograph",
});`,
];

const table = [
  `# Open a variable at the side: data becomes a table, and looking at it happens in a fork, so it changes nothing.
import csv, io, statistics

report = """city,month,rain
Bergen,Jan,230
Bergen,Jul,160
Cairo,Jan,5
Cairo,Jul,0
Lagos,Jan,30
Lagos,Jul,280"""
rows = [{**row, "rain": int(row["rain"])} for row in csv.DictReader(io.StringIO(report))]
by_city = {city: [row["rain"] for row in rows if row["city"] == city] for city in {row["city"] for row in rows}}
{city: statistics.mean(rain) for city, rain in sorted(by_city.items())}`,
  `# Drop a file of yours into the page: it appears under Files, and never leaves this browser.
import os

[(name, os.path.getsize(name)) for name in os.listdir()]`,
];

const breakOut = [
  `# Nothing of the page, of this machine or of the network is within reach.
import os, socket, subprocess

def attempt(name, action):
    try:
        print(f"{name}: {action()!r}")
    except BaseException as error:
        print(f"{name}: {type(error).__name__}: {error}")

attempt("the environment", lambda: dict(os.environ))
attempt("the root directory", lambda: sorted(os.listdir("/")))
attempt("passwords", lambda: open("/etc/passwd").read())
attempt("a program", lambda: subprocess.run(["ls"]))
attempt("a server", lambda: socket.create_connection(("example.com", 80), 2))
attempt("the page", lambda: __import__("js").document)`,
  `# Deep recursion is an error as any other.
def deeper(n):
    return deeper(n + 1)

deeper(0)`,
];

export const examples: readonly Example[] = [
  {
    title: "Undo anything",
    text: "A generator half-way through its work, broken and brought back.",
    language: "python",
    cells: undo,
  },
  {
    title: "Two futures",
    text: "Fork a session, and let each copy go its own way.",
    language: "python",
    cells: forks,
  },
  {
    title: "A database that travels",
    text: "SQLite in memory: it is in every state, and in the link.",
    language: "python",
    cells: database,
  },
  {
    title: "Pictures from nothing",
    text: "PNG and SVG in plain Python, shown and saved.",
    language: "python",
    cells: picture,
  },
  {
    title: "Limits that hold",
    text: "Endless loops, all the memory, a flood of output.",
    language: "python",
    cells: limits,
  },
  {
    title: "Waiting and asking",
    text: "await, output as it comes, and input().",
    language: "python",
    cells: waiting,
  },
  {
    title: "Tables and files",
    text: "Look into data at the side, and drop in some of your own.",
    language: "python",
    cells: table,
  },
  {
    title: "Try to get out",
    text: "Files, programs, network, the page: none is there.",
    language: "python",
    cells: breakOut,
  },
  {
    title: "In JavaScript",
    text: "Closures, promises and a spirograph.",
    language: "javascript",
    cells: script,
  },
];
