import assert from "node:assert/strict";
import { test } from "node:test";
import { openDoors } from "../../abi/doors.js";
import { createGuestFiles } from "../files.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();
const createGuest = () =>
  createTestGuest(boot, {
    fileSystem: createGuestFiles({ doors: openDoors() }).fileSystem,
    cwd: "/home/user",
  });

/** Runs a cell that has `fs` and `path`, and gives its result. */
function evaluate(code: string, guest = createGuest()): string | undefined {
  const setup = "var fs = require('node:fs'), path = require('path');";
  assert.deepEqual(guest.cell(setup), {});
  const { result, error } = guest.cell(code);
  assert.equal(error, undefined);
  return result;
}

test("Files are written and read as text and as bytes.", () => {
  const guest = createGuest();
  evaluate("fs.writeFileSync('a', 'h\\u00e9\\ud83d\\ude00\\ud800'); fs.appendFileSync('a', '!')", guest);
  assert.equal(
    evaluate("fs.readFileSync('/home/user/a', 'utf8') === 'h\\u00e9\\ud83d\\ude00\\ufffd!'", guest),
    "true",
  );
  assert.equal(
    evaluate(
      "fs.writeFileSync('b', new Uint8Array([9, 1, 2, 9]).subarray(1, 3)); fs.readFileSync('b').join()",
      guest,
    ),
    "'1,2'",
  );
  assert.equal(
    evaluate("fs.writeFileSync('c', new Uint16Array([258]).buffer); fs.readFileSync('c').join()", guest),
    "'2,1'",
  );
  assert.equal(evaluate("fs.writeFileSync('d', new Uint8Array(0)); fs.readFileSync('d').length", guest), "0");
  assert.equal(
    evaluate("fs.writeFileSync('e', '\\ufeffx'); fs.readFileSync('e', 'utf8').length", guest),
    "2",
  );
  assert.equal(
    evaluate("fs.writeFileSync('b', 'z', { flag: 'r+' }); fs.readFileSync('b').join()", guest),
    "'122,2'",
  );
});

test("What goes wrong is told as Node.js tells it.", () => {
  const failure = (code: string) =>
    evaluate(
      `try { ${code}; 'nothing' } catch (e) { [e.message, e.code, e.errno, e.syscall, e.path, e instanceof Error].join(' | ') }`,
    );
  assert.equal(
    failure("fs.readFileSync('no')"),
    "'ENOENT: no such file or directory, open 'no' | ENOENT | -2 | open | no | true'".replace(/^'|'$/g, '"'),
  );
  assert.match(failure("fs.readFileSync('/tmp')") ?? "", /EISDIR: illegal operation on a directory/);
  assert.match(failure("fs.mkdirSync('/tmp')") ?? "", /EEXIST: file already exists, mkdir '\/tmp'/);
  assert.match(
    failure("fs.renameSync('a', 'b')") ?? "",
    /ENOENT: no such file or directory, rename 'a' -> 'b'/,
  );
  assert.match(failure("fs.rmSync('/tmp')") ?? "", /EISDIR/);
  assert.match(failure("fs.readFileSync(5)") ?? "", /ERR_INVALID_ARG_TYPE/);
  assert.match(failure("fs.readFileSync('a\\0b')") ?? "", /ERR_INVALID_ARG_VALUE/);
  assert.match(failure("fs.readFileSync('/dev/zero')") ?? "", /EFBIG/);
  assert.match(failure("fs.writeFileSync('x', 'y', { flag: '__proto__' })") ?? "", /EINVAL/);
  assert.match(failure("require('net')") ?? "", /MODULE_NOT_FOUND/);
});

test("Directories are made, listed, walked and removed.", () => {
  const guest = createGuest();
  assert.equal(evaluate("fs.mkdirSync('x/y/z', { recursive: true })", guest), "'/home/user/x'");
  evaluate("fs.writeFileSync('x/f', '1'); fs.symlinkSync('y', 'x/l')", guest);
  assert.equal(evaluate("fs.readdirSync('x').join()", guest), "'f,l,y'");
  assert.equal(evaluate("fs.readdirSync('x', { recursive: true }).join()", guest), "'f,l,y,y/z'");
  assert.equal(
    evaluate(
      "fs.readdirSync('x', { withFileTypes: true }).map((e) => [e.name, e.isFile(), e.isDirectory(), e.isSymbolicLink(), e.parentPath]).join(' ')",
      guest,
    ),
    "'f,true,false,false,x l,false,false,true,x y,false,true,false,x'",
  );
  assert.equal(
    evaluate(
      "[fs.realpathSync('x/l/z'), fs.readlinkSync('x/l'), fs.existsSync('x/l'), fs.existsSync('q')].join()",
      guest,
    ),
    "'/home/user/x/y/z,y,true,false'",
  );
  assert.equal(
    evaluate(
      "fs.rmSync('x', { recursive: true }); fs.rmSync('x', { force: true }); fs.existsSync('x')",
      guest,
    ),
    "false",
  );
});

test("Files are copied, moved, linked, measured and changed.", () => {
  const guest = createGuest();
  evaluate(
    "fs.writeFileSync('a', 'text'); fs.copyFileSync('a', 'b'); fs.copyFileSync('b', 'b'); fs.renameSync('b', 'c'); fs.linkSync('c', 'd')",
    guest,
  );
  assert.equal(
    evaluate("[fs.statSync('c').nlink, fs.readFileSync('d', 'utf8'), fs.existsSync('b')].join()", guest),
    "'2,text,false'",
  );
  assert.equal(
    evaluate(
      "fs.truncateSync('c', 2); fs.chmodSync('c', 0o600); fs.utimesSync('c', 5, new Date(7000)); const s = fs.statSync('c'); [s.size, s.mode.toString(8), s.atimeMs, s.mtime.getTime(), s.isFile()].join()",
      guest,
    ),
    "'2,100600,5000,7000,true'",
  );
  assert.equal(evaluate("fs.statSync('no', { throwIfNoEntry: false })", guest), undefined);
});

test("Modules and their promise forms are imported by every name.", () => {
  const guest = createGuest();
  const program = `
import fs, { readFileSync } from "node:fs";
import { writeFile, readFile } from "fs/promises";
import path, { join } from "node:path";
const failed = await readFile("no").catch((error) => error.code);
await writeFile("a", "text");
console.log(failed, readFileSync("a", "utf8"), await fs.promises.readFile("a", "utf8"), join("a", "..", "b"), path.sep);
`;
  assert.deepEqual(guest.program(program), { exitCode: 0 });
  assert.equal(guest.stdout(), "ENOENT text text b /\n");
  assert.equal(evaluate("require('fs') === (await import('node:fs')).default", guest), "true");
});

test("Paths are taken apart and put together as POSIX has them.", () => {
  const cases: Array<[code: string, result: string]> = [
    ["path.join('/a', '..', '../b', './c/')", "/b/c/"],
    ["path.join()", "."],
    ["path.normalize('a/../../b//c/.')", "../b/c"],
    ["path.resolve('x', '../y')", "/home/user/y"],
    ["path.resolve('/x', '/y', 'z')", "/y/z"],
    ["[path.dirname('/a/b/'), path.dirname('/a'), path.dirname('a'), path.dirname('')].join()", "/a,/,.,."],
    ["[path.basename('/a/b.txt'), path.basename('b.txt', '.txt'), path.basename('/')].join()", "b.txt,b,"],
    [
      "[path.extname('a.tar.gz'), path.extname('.rc'), path.extname('a.'), path.extname('a')].join()",
      ".gz,,.,",
    ],
    ["[path.relative('/a/b/c', '/a/d'), path.relative('/a', '/a')].join()", "../../d,"],
    ["Object.values(path.parse('/home/u/f.txt')).join()", "/,/home/u,f.txt,.txt,f"],
    ["path.format({ dir: '/x', name: 'f', ext: '.t' })", "/x/f.t"],
  ];
  for (const [code, expected] of cases) assert.equal(evaluate(code), `'${expected}'`, code);
});

test("The functions work whatever the code has done to the language's own objects.", () => {
  const guest = createGuest();
  evaluate("0", guest);
  const { error, result } = guest.cell(`
Array.prototype.join = String.prototype.slice = JSON.parse = JSON.stringify = undefined;
Object.prototype.toJSON = () => "no"; Object.prototype.errno = "EIO";
delete Object.prototype.errno;
fs.writeFileSync("b", "x"); fs.readFileSync(path.join("/home", "user", "b"), "utf8")`);
  assert.equal(error, undefined);
  assert.equal(result, "'x'");
});
