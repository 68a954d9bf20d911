import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openPlace, withPlace } from "./file-place.js";
import { canAnchorByHandle } from "./host-open.js";
import {
  appendWhole,
  createWhole,
  readWhole,
  removeDeadTemporaries,
  removeTemporaries,
  writeWhole,
} from "./whole-file.js";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "wasm-repl-place-")));
after(() => rmSync(folder, { recursive: true }));

let made = 0;
/** A new directory with `in/`, and `link` to it. */
function makeDirectory(): string {
  const directory = join(folder, String(++made));
  mkdirSync(join(directory, "in"), { recursive: true });
  symlinkSync("in", join(directory, "link"));
  return directory;
}

const bytes = (text: string) => Buffer.from(text);
const ways = canAnchorByHandle("/") ? [true, false] : [false];

for (const usesHandles of ways) {
  const open = (path: string, untrusted: string[] = []) =>
    openPlace(
      path,
      untrusted.map((directory) => ({ path: directory, name: "the mount" })),
      usesHandles,
    );

  describe(
    usesHandles ? "a place in a directory held by its handle" : "a place in a directory known by its path",
    () => {
      test("is written, added to and read whole, and has nothing beside it afterwards", () => {
        const directory = makeDirectory();
        withPlace(open(join(directory, "link/../in//./f")), (place) => {
          assert.equal(readWhole(place, 10), undefined);
          writeWhole(place, bytes("one"));
          appendWhole(place, bytes(", two"));
          assert.equal(readWhole(place, 8)?.toString(), "one, two");
          assert.throws(() => readWhole(place, 7), /it has 8 bytes, and 7 is the most here/);
          writeWhole(place, bytes(""), { durable: false });
          assert.equal(readWhole(place, 10)?.length, 0);
          assert.deepEqual(readdirSync(join(directory, "in")), ["f"]);
        });
      });

      test("is created once", () => {
        const directory = makeDirectory();
        withPlace(open(join(directory, "f")), (place) => {
          assert.equal(createWhole(place, bytes("one")), true);
          assert.equal(createWhole(place, bytes("two")), false);
          assert.equal(readWhole(place, 10)?.toString(), "one");
          assert.equal(createWhole(place.beside(".2"), bytes("two")), true);
          assert.deepEqual(readdirSync(directory).sort(), ["f", "f.2", "in", "link"]);
        });
      });

      test("is refused in an untrusted directory and at any depth below, by any path, and through a link in it", () => {
        const directory = makeDirectory();
        mkdirSync(join(directory, "in/deep/er"), { recursive: true });
        symlinkSync("../..", join(directory, "in/deep/up"));
        symlinkSync(folder, join(directory, "in/absolute"));
        for (const path of ["in/f", "link/f", "in/deep/f", "in/deep/../deep/er/f", "link/deep/er/../../f"]) {
          for (const mount of [join(directory, "in"), join(directory, "link/.")]) {
            assert.throws(
              () => open(join(directory, "/") + path, [mount]),
              /^FileRefusedError: it lies in the mount/,
            );
          }
        }
        for (const path of ["in/deep/up/f", "link/deep/up/in/f", "in/absolute/f"]) {
          assert.throws(
            () => open(join(directory, path), [join(directory, "in")]),
            /^FileRefusedError: a symbolic link in the mount leads to it$/,
          );
          open(join(directory, path)).close();
        }
        open(join(directory, "f"), [join(directory, "in")]).close();
        // Back out by the directory that holds the mount, which no guest can move.
        open(join(directory, "/in/deep/../../f"), [join(directory, "in")]).close();
        assert.throws(() => open(join(directory, "f"), [join(directory, "none")]), /cannot be told/);
      });

      test("is told when its path cannot lead to a file", () => {
        const directory = makeDirectory();
        writeFileSync(join(directory, "f"), "");
        symlinkSync("loop", join(directory, "loop"));
        for (const [path, reason] of [
          ["in/", "the name of a directory"],
          ["in/..", "the name of a directory"],
          ["f/g", "what should be its directory is none"],
          ["loop/g", "too many symbolic links"],
          ["none/g", "ENOENT"],
        ] as const) {
          assert.throws(() => open(`${directory}/${path}`), new RegExp(reason));
        }
      });

      test("stays in its directory, or is refused, when another takes the directory's name", () => {
        const directory = makeDirectory();
        const [name, moved] = [join(directory, "in"), join(directory, "moved")];
        withPlace(open(join(name, "f")), (place) => {
          renameSync(name, moved);
          mkdirSync(name);
          if (usesHandles) writeWhole(place, bytes("mine"));
          else assert.throws(() => writeWhole(place, bytes("mine")), /another directory has taken the place/);
          assert.deepEqual([readdirSync(name), readdirSync(moved)], [[], usesHandles ? ["f"] : []]);
          rmSync(name, { recursive: true });
          symlinkSync("moved", name);
          if (usesHandles) assert.equal(readWhole(place, 10)?.toString(), "mine");
          else assert.throws(() => readWhole(place, 10), /another directory has taken the place/);
        });
      });

      test("cannot be used once it is closed", () => {
        const place = open(join(makeDirectory(), "f"));
        place.close();
        place.close();
        assert.throws(() => readWhole(place, 10), /closed/);
      });

      test("loses its temporaries that are files, and no other name", () => {
        const directory = makeDirectory();
        const [ours, link, other] = ["f.7.0123456789abcdef.tmp", "f.7.00000000000000ff.tmp", "f.x.tmp"];
        const another = "ff.7.0123456789abcdef.tmp";
        symlinkSync(other, join(directory, link));
        for (const name of [ours, other, another]) writeFileSync(join(directory, name), "");
        withPlace(open(join(directory, "f")), removeTemporaries);
        assert.deepEqual(readdirSync(directory).sort(), [link, other, another, "in", "link"].sort());
      });

      test("loses of temporaries that others may write those of processes that are gone", async () => {
        const directory = makeDirectory();
        const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
        await once(child, "exit");
        const names: Record<string, [pid: number | undefined, ageS: number]> = {
          dead: [child.pid, 60],
          "dead here, and younger than what another machine writes": [child.pid, 0],
          alive: [process.pid, 60],
          "a later process of the number": [process.pid, 3600],
        };
        const files = Object.entries(names).map(([what, [pid, ageS]], index) => {
          const path = join(directory, `f.${pid}.000000000000000${index}.tmp`);
          writeFileSync(path, what);
          utimesSync(path, Date.now() / 1000 - ageS, Date.now() / 1000 - ageS);
          return path;
        });
        const link = join(directory, `f.${child.pid}.00000000000000ff.tmp`);
        symlinkSync("x", link);
        lutimesSync(link, 1, 1);
        withPlace(open(join(directory, "f")), removeDeadTemporaries);
        assert.deepEqual(
          files.filter((path) => existsSync(path)).map((path) => readFileSync(path, "utf8")),
          ["dead here, and younger than what another machine writes", "alive"],
        );
        assert.equal(readlinkSync(link), "x");
      });
    },
  );
}
