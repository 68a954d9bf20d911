import assert from "node:assert/strict";
import * as host from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { ErrnoError } from "../errno.js";
import { type Backend, backends } from "./test-backends.js";
import type { FileSystem, OpenFile, OpenOptions } from "./types.js";

/** A small generator of numbers, so that a failure can be repeated from its seed. */
function createRandom(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW, O_APPEND } = host.constants;
const openings: Array<[number, OpenOptions]> = [
  [O_RDONLY, { read: true }],
  [O_WRONLY, { write: true }],
  [O_WRONLY | O_CREAT, { write: true, create: true }],
  [O_RDONLY | O_CREAT, { read: true, create: true }],
  [O_WRONLY | O_CREAT | O_EXCL, { write: true, create: true, exclusive: true }],
  [O_WRONLY | O_CREAT | O_TRUNC, { write: true, create: true, truncate: true }],
  [O_WRONLY | O_APPEND | O_CREAT, { append: true, create: true }],
  [O_RDONLY | O_DIRECTORY, { read: true, directory: true }],
  [O_RDONLY | O_NOFOLLOW, { read: true, followSymlinks: false }],
  [O_WRONLY | O_CREAT | O_NOFOLLOW, { write: true, create: true, followSymlinks: false }],
  [O_RDONLY | O_DIRECTORY | O_NOFOLLOW, { read: true, directory: true, followSymlinks: false }],
];

/** Deep enough that no `..` of the test climbs out of it. */
const prefix = "p/p/p/p/p/p/p/p";

/** One call, made on our file system and on the host's. Both return what can be compared. */
interface Step {
  readonly text: string;
  ours(fs: FileSystem, base: OpenFile): unknown;
  theirs(root: string): unknown;
}

function createStep(random: (limit: number) => number): Step {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const path = (): string => {
    const names = Array.from({ length: 1 + random(3) }, () =>
      pick(["a", "b", "c", "d", "a", "b", ".", ".."]),
    );
    return names.join("/") + (random(5) === 0 ? "/" : "");
  };
  const [a, b] = [path(), path()];
  const at = (root: string, name: string) => `${root}/${name}`;
  const target = pick(["a", "b", "c/a", "./b", "a/", "none", "../x", "b/../a"]);
  const [flags, options] = pick(openings);
  const size = random(20);
  const steps: Step[] = [
    {
      text: `mkdir ${a}`,
      ours: (fs, base) => fs.makeDirectory(a, 0o755, { base }),
      theirs: (r) => host.mkdirSync(at(r, a), 0o755),
    },
    {
      text: `rmdir ${a}`,
      ours: (fs, base) => fs.removeDirectory(a, { base }),
      theirs: (r) => host.rmdirSync(at(r, a)),
    },
    {
      text: `unlink ${a}`,
      ours: (fs, base) => fs.unlink(a, { base }),
      theirs: (r) => host.unlinkSync(at(r, a)),
    },
    {
      text: `rename ${a} ${b}`,
      ours: (fs, base) => fs.rename(a, b, { base }, { base }),
      theirs: (r) => host.renameSync(at(r, a), at(r, b)),
    },
    {
      text: `link ${a} ${b}`,
      ours: (fs, base) => fs.link(a, b, {}, { base }, { base }),
      theirs: (r) => host.linkSync(at(r, a), at(r, b)),
    },
    {
      text: `symlink ${target} ${a}`,
      ours: (fs, base) => fs.symlink(target, a, { base }),
      theirs: (r) => host.symlinkSync(target, at(r, a)),
    },
    {
      text: `readlink ${a}`,
      ours: (fs, base) => fs.readLink(a, { base }),
      theirs: (r) => host.readlinkSync(at(r, a)),
    },
    {
      text: `truncate ${a}`,
      ours: (fs, base) => fs.truncate(a, size, { base }),
      theirs: (r) => host.truncateSync(at(r, a), size),
    },
    {
      text: `chmod ${a}`,
      ours: (fs, base) => fs.setMode(a, 0o750, {}, { base }),
      theirs: (r) => host.chmodSync(at(r, a), 0o750),
    },
    ...[true, false].map((followSymlinks) => ({
      text: `${followSymlinks ? "stat" : "lstat"} ${a}`,
      ours(fs: FileSystem, base: OpenFile) {
        const { type, linkCount, size, mode } = fs.stat(a, { followSymlinks }, { base });
        return type === "directory" ? [type, mode] : [type, linkCount, size, mode];
      },
      theirs(r: string) {
        const stats = followSymlinks ? host.statSync(at(r, a)) : host.lstatSync(at(r, a));
        const type = stats.isFile() ? "file" : stats.isDirectory() ? "directory" : "symlink";
        const mode = stats.mode & 0o7777;
        return type === "directory" ? [type, mode] : [type, stats.nlink, stats.size, mode];
      },
    })),
    {
      text: `open ${a} ${JSON.stringify(options)}`,
      ours: (fs, base) => fs.open(a, { ...options, mode: 0o644 }, { base }).close(),
      theirs: (r) => host.closeSync(host.openSync(at(r, a), flags, 0o644)),
    },
  ];
  return steps[[0, 0, 0, 1, 2, 3, 3, 3, 4, 5, 5, 6, 7, 8, 9, 10, 11, 11, 11][random(19)] as number] as Step;
}

function outcome(call: () => unknown): unknown {
  try {
    return call() ?? "done";
  } catch (error) {
    if (error instanceof ErrnoError) return error.errno;
    const { code } = error as NodeJS.ErrnoException;
    assert.ok(code !== undefined, String(error));
    return code;
  }
}

/** Makes the same calls on both sides. `prepared` of them are made on the host alone before ours is opened. */
function compare(backend: Backend, seed: number, calls: number, prepared: number): void {
  const random = createRandom(seed);
  const root = host.mkdtempSync(join(tmpdir(), "linux-"));
  host.mkdirSync(join(root, prefix), { recursive: true });
  const history: string[] = [];
  const { fileSystem: fs, finish } = backend.make((hostPath) => {
    host.mkdirSync(join(hostPath, prefix), { recursive: true });
    for (let count = 0; count < prepared; count++) {
      const step = createStep(random);
      // Hard links from below come apart on an overlay, as documented.
      if (step.text.startsWith("link")) continue;
      history.push(`before: ${step.text}`);
      for (const side of [root, hostPath]) outcome(() => step.theirs(join(side, prefix)));
    }
  });
  for (let depth = 1; depth < prefix.length + 1; depth += 2) {
    outcome(() => fs.makeDirectory(prefix.slice(0, depth), 0o755));
  }
  const base = fs.open(prefix, { directory: true });
  try {
    for (let count = 0; count < calls; count++) {
      const step = createStep(random);
      const theirs = outcome(() => step.theirs(join(root, prefix)));
      history.push(`${step.text} -> ${theirs}`);
      const ours = outcome(() => step.ours(fs, base));
      if (!isDeepStrictEqual(ours, theirs)) {
        assert.deepEqual(ours, theirs, `seed ${seed}\n${history.join("\n")}`);
      }
    }
  } finally {
    base.close();
    fs.close();
    finish();
    host.rmSync(root, { recursive: true, force: true });
  }
}

const skip = process.platform !== "linux" && "the other side is Linux";
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
for (const backend of backends) {
  test(`2,000 random calls on a volume of kind "${backend.name}" end as on Linux`, { skip }, () => {
    for (const seed of seeds) compare(backend, seed, 2000 / seeds.length, 0);
  });
  if (backend.name === "memory") continue;
  test(`2,000 random calls on files from before a volume of kind "${backend.name}" end as on Linux`, {
    skip,
  }, () => {
    for (const seed of seeds) compare(backend, 1000 + seed, 2000 / seeds.length, 200);
  });
}
