import assert from "node:assert/strict";
import * as host from "node:fs";
import { ErrnoError } from "../errno.js";
import type { FileSystem, OpenFile, OpenOptions } from "./types.js";

/** A small generator of numbers, so that a failure can be repeated from its seed. */
export function createRandom(seed: number) {
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
export const prefix = "p/p/p/p/p/p/p/p";

/** One call, made on our file system and on the host's. Both return what can be compared. */
export interface Step {
  readonly text: string;
  ours(fs: FileSystem, base: OpenFile): unknown;
  theirs(root: string): unknown;
}

export function createStep(random: (limit: number) => number): Step {
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

export function outcome(call: () => unknown): unknown {
  try {
    return call() ?? "done";
  } catch (error) {
    if (error instanceof ErrnoError) return error.errno;
    const { code } = error as NodeJS.ErrnoException;
    assert.ok(code !== undefined, String(error));
    return code;
  }
}
