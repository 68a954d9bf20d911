/** What Python sees of the file system beyond reading and writing, in memory and in a mount. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createSession } from "../../node/sessions.js";
import type { Session } from "../../session/session.js";

const root = mkdtempSync(join(tmpdir(), "python-files-"));
let session: Session;
before(async () => {
  for (const name of ["ro", "rw"]) mkdirSync(join(root, name));
  if (process.platform === "linux") {
    const directory = Buffer.concat([Buffer.from(`${root}/ro/`), Buffer.of(0xff)]);
    mkdirSync(directory);
    writeFileSync(Buffer.concat([directory, Buffer.from("/"), Buffer.of(0xe9)]), "content");
  }
  session = await createSession("python", {
    mounts: [
      { hostPath: join(root, "ro"), guestPath: "/ro" },
      { hostPath: join(root, "rw"), guestPath: "/rw", mode: "rw" },
      { hostPath: join(root, "ro"), guestPath: "/overlay", mode: "overlay" },
    ],
  });
  await session.run(`
import errno, os, shutil
def errno_of(call, *values, **names):
    try: call(*values, **names)
    except OSError as error: return errno.errorcode[error.errno]
`);
});
after(async () => {
  await session.close();
  rmSync(root, { recursive: true });
});

async function show(code: string): Promise<string> {
  const { result, error } = await session.run(code);
  assert.equal(error, undefined);
  return result ?? "";
}

test("removing what is not there is FileNotFoundError, on a read-only mount too", async () => {
  assert.equal(
    await show("[errno_of(call, '/ro/none') for call in (os.unlink, os.rmdir)]"),
    "['ENOENT', 'ENOENT']",
  );
  assert.equal(await show("errno_of(os.rename, '/ro/none', '/ro/other')"), "'ENOENT'");
  assert.equal(await show("errno_of(os.mkdir, '/ro/new')"), "'EROFS'");
});

test("disk_usage counts what is used in memory, and says nothing of a disk that the guest cannot fill", async () => {
  const used = "shutil.disk_usage('/tmp').used";
  const before = Number(await show(used));
  assert.equal(await show("open('/tmp/big', 'wb').write(bytes(10_000_000))"), "10000000");
  const grown = Number(await show(used)) - before;
  assert.ok(grown >= 10_000_000 && grown < 10_200_000, String(grown));
  assert.equal(await show("os.unlink('/tmp/big')\nshutil.disk_usage('/tmp').total"), String(256 * 2 ** 20));
  assert.equal(Number(await show(used)), before);
  assert.equal(await show("tuple(shutil.disk_usage('/ro'))"), "(0, 0, 0)");
  assert.equal(await show("shutil.disk_usage('/rw').free > 0"), "True");
  assert.equal(
    await show("[os.statvfs(path).f_flag & os.ST_RDONLY for path in ('/ro', '/rw', '/overlay', '/tmp')]"),
    "[1, 0, 0, 0]",
  );
  const entries = "os.statvfs('/tmp').f_ffree";
  assert.equal(await show(`left = ${entries}\nos.mkdir('/tmp/one')\nleft - ${entries}`), "1");
});

test("holes take nothing, and st_blocks says so", async () => {
  for (const path of ["/tmp/sparse", "/rw/sparse"]) {
    await session.run(`with open('${path}', 'wb') as file: file.seek(100_000_000) and file.write(b'x')`);
    assert.equal(await show(`os.stat('${path}').st_size`), "100000001");
    assert.equal(await show(`os.stat('${path}').st_blocks < 1000`), "True");
  }
});

test("offsets and sizes beyond any file are Linux's errors, and reading there finds the end", async () => {
  for (const path of ["/tmp/offsets", "/rw/offsets"]) {
    await session.run(`fd = os.open('${path}', os.O_RDWR | os.O_CREAT)`);
    for (const offset of ["2 ** 53", "2 ** 62", "2 ** 63 - 1"]) {
      assert.equal(await show(`os.pread(fd, 1, ${offset})`), "b''", offset);
      assert.equal(await show(`errno_of(os.lseek, fd, ${offset}, 0)`), "'EINVAL'", offset);
      assert.equal(await show(`errno_of(os.pwrite, fd, b'x', ${offset})`), "'EFBIG'", offset);
      assert.equal(await show(`errno_of(os.ftruncate, fd, ${offset})`), "'EFBIG'", offset);
      assert.equal(await show(`errno_of(os.truncate, '${path}', ${offset})`), "'EFBIG'", offset);
    }
    for (const call of [
      "os.lseek, fd, -1, 0",
      "os.pread, fd, 1, -1",
      "os.pwrite, fd, b'', -1",
      "os.ftruncate, fd, -(2 ** 63)",
    ])
      assert.equal(await show(`errno_of(${call})`), "'EINVAL'", call);
    assert.equal(await show("os.close(fd)"), "");
  }
});

test("times before 1970 can be set", async () => {
  for (const path of ["/tmp/old", "/rw/old"]) {
    assert.equal(
      await show(
        `open('${path}', 'w').close()\nos.utime('${path}', (-5, -1.5))\nos.stat('${path}').st_mtime`,
      ),
      "-1.5",
    );
  }
});

test("times that are copied from a file to another are the same, whatever fraction they had", async () => {
  for (const directory of ["/tmp", "/rw"]) {
    for (const [timeNs, expected] of [
      [1_700_000_000_123_456_789n, 1_700_000_000_123_456_000n],
      [-1n, -1000n],
    ]) {
      const code = `
os.chdir('${directory}')
for name in 'from', 'to': open(name, 'w').close()
with open('from', 'r+') as file: os.utime(file.fileno(), ns=(${timeNs}, ${timeNs}))
shutil.copystat('from', 'to')
[os.stat(name).st_mtime_ns for name in ('from', 'to')]`;
      assert.equal(await show(code), `[${expected}, ${expected}]`);
    }
  }
});

test("names that are not UTF-8 are there with surrogateescape, and cannot be made in memory", {
  skip: process.platform !== "linux" && "names are bytes on Linux alone",
}, async () => {
  for (const mount of ["/ro", "/overlay"]) {
    assert.equal(await show(`os.listdir('${mount}'), os.listdir(b'${mount}')`), "(['\\udcff'], [b'\\xff'])");
    assert.equal(await show(`open(b'${mount}/\\xff/\\xe9').read()`), "'content'");
    assert.equal(
      await show(
        `os.chdir(b'${mount}/\\xff')\nos.getcwdb(), os.path.exists('\\udce9'), os.path.exists('\\udcea')`,
      ),
      `(b'${mount}/\\xff', True, False)`,
    );
  }
  assert.equal(await show("os.path.exists('/tmp/\\udcff')"), "False");
  for (const call of [
    "os.mkdir, '/tmp/\\udcff'",
    "open, b'/tmp/\\xff', 'w'",
    "os.symlink, b'\\xff', '/tmp/link'",
  ])
    assert.equal(await show(`errno_of(${call})`), "'EILSEQ'", call);
  assert.equal(await show("os.mkdir(b'/rw/\\xfe')\nos.listdir(b'/rw').count(b'\\xfe')"), "1");
});
