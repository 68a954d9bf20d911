import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { digest, makeWheel, type TestWheel } from "../../packages/test-wheels.js";
import type { Session } from "../../session/session.js";
import { sideModule } from "../../session/test-side-modules.js";
import { createSession, lockPackages, runtimeId } from "../sessions.js";

const root = mkdtempSync(join(tmpdir(), "add-packages-"));
const cache = join(root, "cache");
process.env.XDG_CACHE_HOME = cache;
delete process.env.PIP_INDEX_URL;
const pyrunner = fileURLToPath(new URL("../../../dist/pyrunner.cjs", import.meta.url));

const counter = sideModule({
  name: "native_counter",
  call: `(i32.store (global.get $memory_base) (i32.add (i32.load (global.get $memory_base)) (i32.const 1)))
    (i32.load (global.get $memory_base))`,
});
const native = "cp314-cp314-pyemscripten_2026_0_wasm32";

const wheels = [
  { name: "alpha", version: "1.0" },
  { name: "alpha", version: "2.0", files: { "alpha.py": "version = 2" } },
  { name: "alpha", version: "3.0rc1" },
  {
    name: "beta",
    requires: ["alpha<2", "gamma; extra == 'more'", "gone; sys_platform == 'win32'"],
    files: { "beta.py": "" },
  },
  { name: "gamma", requires: ["alpha>=2"], files: { "gamma.py": "" } },
  { name: "native_counter", tag: native, files: { "native_counter.so": counter } },
  { name: "elsewhere", tag: "cp314-cp314-manylinux_2_17_x86_64" },
  { name: "circular_one", requires: ["circular-two"], files: { "circular_one.py": "" } },
  { name: "circular_two", requires: ["circular-one"], files: { "circular_two.py": "" } },
  { name: "lying", more: [{ name: "../outside.py", content: "" }] },
  {
    name: "whole",
    files: {
      "whole/__init__.py": "from . import part",
      "whole/part.py": "answer = 42",
      "whole/data/note.txt": "a note",
      "whole-1.0.dist-info/entry_points.txt": "[whole.plugins]\nfirst = whole.part:answer\n",
    },
  },
] satisfies TestWheel[];
const made = wheels.map((wheel) => makeWheel(wheel));

/** What the server does besides: by path. */
const odd = new Map<string, () => { status?: number; type?: string; body: string | Uint8Array }>();
let requests: string[] = [];
const server = createServer((request, response) => {
  const path = request.url ?? "";
  requests.push(path);
  const other = odd.get(path)?.();
  if (other !== undefined) {
    response.writeHead(other.status ?? 200, { "content-type": other.type ?? "text/html" });
    response.end(other.body);
    return;
  }
  const [, form, rest = ""] = /^\/(json|html)\/(.*)$/.exec(path) ?? [];
  const name = rest.replace(/\/$/, "");
  const files = made.filter(({ file }) => file.split("-")[0]?.replaceAll("_", "-") === name);
  const file = made.find((each) => path === `/files/${each.file}`);
  const described = made.find((each) => path === `/files/${each.file}.metadata`);
  if (file !== undefined) response.end(file.bytes);
  else if (described !== undefined) response.end(described.metadata);
  else if (files.length === 0) response.writeHead(404).end();
  else if (form === "json") {
    response.writeHead(200, { "content-type": "application/vnd.pypi.simple.v1+json" });
    response.end(
      JSON.stringify({
        files: files.map(({ file: filename, sha256, metadata }) => ({
          filename,
          url: `/files/${filename}`,
          hashes: { sha256 },
          "core-metadata": { sha256: digest(metadata) },
        })),
      }),
    );
  } else {
    response.writeHead(200, { "content-type": "text/html" });
    const links = files.map(
      ({ file: each, sha256 }) => `<a href="../../files/${each}#sha256=${sha256}">${each}</a><br>`,
    );
    response.end(`<!DOCTYPE html><html><body>${links.join("\n")}</body></html>`);
  }
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const indexUrl = `${address}/json`;

const links = join(root, "wheels");
mkdirSync(links);
for (const { file, bytes } of made) writeFileSync(join(links, file), bytes);
writeFileSync(join(links, "sourceonly-1.0.tar.gz"), "");

after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(root, { recursive: true });
});

async function resultOf(session: Session, code: string): Promise<string | undefined> {
  const { result, error } = await session.run(code);
  assert.equal(error, undefined);
  return result;
}

function lockedNames(lock: string): string[] {
  return JSON.parse(lock).packages.map(({ name, version }: Record<string, string>) => `${name} ${version}`);
}

const refusal = (reason: RegExp) => (error: { code?: string; message: string }) => {
  assert.equal(error.code, "PACKAGES_UNAVAILABLE", error.message);
  assert.match(error.message, reason);
  assert.doesNotMatch(error.message, /\n/);
  return true;
};

test("packages are imported, pure and native, and described as Python's own tools expect", async () => {
  for (const packages of [
    { requirements: ["whole", "native-counter"], indexUrl },
    { requirements: ["whole", "native-counter"], indexUrl: `${address}/html` },
    { requirements: ["whole", "native-counter"], findLinks: [links] },
  ]) {
    const session = await createSession("python", { packages });
    assert.equal(
      await resultOf(session, "import whole, native_counter; whole.part.answer, native_counter.call()"),
      "(42, 1)",
    );
    const code = `
import importlib.metadata as m, importlib.resources as r, pkgutil
(m.version("whole"), r.files("whole").joinpath("data/note.txt").read_text(),
 [p.load() for p in m.entry_points(group="whole.plugins")], [p.name for p in pkgutil.iter_modules(whole.__path__)],
 sorted(d.name for d in m.distributions() if d.name != "tzdata"), whole.part.__cached__.endswith(".pyc"),
 pkgutil.get_data("whole", "data/note.txt"))`;
    const expected = "('1.0', 'a note', [42], ['part'], ['native_counter', 'whole'], True, b'a note')";
    assert.equal(await resultOf(session, code), expected);
    await session.close();
  }
});

test("the newest versions that go together are found, with extras, markers and circles", async () => {
  const lockOf = async (...requirements: string[]) =>
    lockedNames(await lockPackages({ requirements, indexUrl }));
  assert.deepEqual(await lockOf("alpha"), ["alpha 2.0"]);
  assert.deepEqual(await lockOf("alpha>=3.0rc0"), ["alpha 3.0rc1"]);
  assert.deepEqual(await lockOf("beta"), ["alpha 1.0", "beta 1.0"]);
  assert.deepEqual(await lockOf("alpha", "beta"), ["alpha 1.0", "beta 1.0"]);
  assert.deepEqual(await lockOf("circular_one"), ["circular-one 1.0", "circular-two 1.0"]);
  await assert.rejects(lockOf("beta[more]"), refusal(/alpha.*(<2|>=2)/));
  await assert.rejects(lockOf("alpha>9"), refusal(/no version of alpha .* satisfies alpha>9/));
});

test("what cannot be had is one clear line", async () => {
  const lock = (name: string, more: object = { indexUrl }) => lockPackages({ requirements: [name], ...more });
  await assert.rejects(lock("nowhere-at-all"), refusal(/the index has no package nowhere-at-all/));
  await assert.rejects(lock("elsewhere"), refusal(/elsewhere is there for other machines only/));
  await assert.rejects(lock("sourceonly", { findLinks: [links] }), refusal(/as source only/));
  await assert.rejects(
    lock("nowhere-at-all", {}),
    refusal(/no package of the interpreter's distribution; name an index/),
  );
  await assert.rejects(
    lock("alpha", { findLinks: [join(root, "missing")] }),
    refusal(/missing cannot be read: ENOENT/),
  );
  await assert.rejects(lock("alpha", { indexUrl: "file:///etc" }), refusal(/is no address of an index/));
  await assert.rejects(
    lock("alpha", { indexUrl: indexUrl.replace("//", "//me:secret@") }),
    (error: Error) => {
      return refusal(/a name or a password, which is not taken/)(error) && !error.message.includes("secret");
    },
  );
  odd.set("/json/garbage/", () => ({ type: "application/json", body: "{]" }));
  odd.set("/json/nothing/", () => ({
    type: "application/json",
    body: '{"files":[{"filename":5},null,{"filename":"x"}]}',
  }));
  odd.set("/json/plain/", () => ({ type: "text/plain", body: "hello" }));
  odd.set("/json/broken/", () => ({ status: 500, body: "" }));
  odd.set("/json/hashless/", () => ({
    type: "text/html",
    body: `<a href="/files/hashless-1.0-py3-none-any.whl">hashless-1.0-py3-none-any.whl</a>`,
  }));
  await assert.rejects(lock("garbage"), refusal(/is no page of a package index/));
  await assert.rejects(lock("plain"), refusal(/is no page of a package index/));
  await assert.rejects(lock("nothing"), refusal(/the index has no files of nothing/));
  await assert.rejects(lock("broken"), refusal(/the server answers 500/));
  await assert.rejects(lock("hashless"), refusal(/gives no SHA-256/));
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await assert.rejects(
    lock("alpha", { indexUrl: `http://127.0.0.1:${port}` }),
    refusal(/cannot be fetched: ECONNREFUSED/),
  );
});

test("a file that is not the right one, or does harm, is refused, and nothing is left of it", async () => {
  const wheel = makeWheel({ name: "swapped", files: { "swapped.py": "" } });
  const page = JSON.stringify({
    files: [{ filename: wheel.file, url: `/files/${wheel.file}`, hashes: { sha256: wheel.sha256 } }],
  });
  odd.set("/json/swapped/", () => ({ type: "application/json", body: page }));
  odd.set(`/files/${wheel.file}`, () => ({
    body: makeWheel({ name: "swapped", files: { "swapped.py": "evil" } }).bytes,
  }));
  const before = readdirSync(root, { recursive: true }).length;
  const start = (requirements: string[]) => createSession("python", { packages: { requirements, indexUrl } });
  await assert.rejects(
    start(["swapped"]),
    refusal(/is not the right file: its SHA-256 is [0-9a-f]{64}, not/),
  );
  assert.equal(readdirSync(root, { recursive: true }).length, before);
  await assert.rejects(
    start(["lying"]),
    refusal(/lying-1\.0-py3-none-any\.whl cannot be used: "\.\.\/outside\.py" in it/),
  );
  assert.ok(!readdirSync(root, { recursive: true }).some((path) => String(path).includes("outside")));
});

test("a lock gives the same files again, and one that was edited is refused", async () => {
  const lock = await lockPackages({ requirements: ["beta"], indexUrl });
  assert.equal(await lockPackages({ lock }), lock);
  const session = await createSession("python", { packages: { lock } });
  assert.equal(await resultOf(session, "import importlib.metadata as m; m.version('alpha')"), "'1.0'");
  await session.close();
  const start = (text: string) => createSession("python", { packages: { lock: text } });
  const [first] = JSON.parse(lock).packages;
  await assert.rejects(start(lock.replace(first.sha256, "0".repeat(64))), refusal(/is not the right file/));
  await assert.rejects(start(lock.replace(first.sha256, "none")), refusal(/no proper SHA-256 for "alpha"/));
  await assert.rejects(start(lock.replace(first.file, "../../x.whl")), refusal(/no proper file for "alpha"/));
  await assert.rejects(start(lock.replace(first.url, "file:///etc/passwd")), refusal(/no proper URL/));
  await assert.rejects(start("{"), refusal(/the lock is no JSON/));
  await assert.rejects(start("{}"), refusal(/not of format 1/));
});

test("what was fetched is kept, checked each time it is used, and enough without a network", async () => {
  const packages = { requirements: ["gamma"], indexUrl };
  const start = async (more: object = {}) => {
    const session = await createSession("python", { packages: { ...packages, ...more } });
    assert.equal(await resultOf(session, "import gamma, alpha; alpha.version"), "2");
    await session.close();
  };
  await start();
  requests = [];
  await start({ offline: true });
  assert.deepEqual(requests, []);
  const never = { requirements: ["circular_two"], indexUrl, offline: true };
  await assert.rejects(
    createSession("python", { packages: never }),
    refusal(/nothing may be fetched \(--offline\)/),
  );

  const files = join(cache, "wasm-repl", "packages", "files");
  const kept = made.find(({ file }) => file.startsWith("gamma-"))?.sha256 ?? "";
  writeFileSync(join(files, kept), "damaged");
  const sets = join(cache, "wasm-repl", "packages", "sets");
  for (const name of readdirSync(sets)) {
    rmSync(join(sets, name));
    writeFileSync(join(sets, name), "damaged");
  }
  const lock = await lockPackages(packages);
  const session = await createSession("python", { packages: { lock } });
  assert.equal(await resultOf(session, "import gamma, alpha; alpha.version"), "2");
  await session.close();
  assert.equal(digest(readFileSync(join(files, kept))), kept);
});

test("sessions with packages have an identity of their own, and their snapshots are of that", async () => {
  const packages = { requirements: ["native-counter"], findLinks: [links] };
  const plain = await runtimeId("python");
  const own = await runtimeId("python", { packages });
  assert.notEqual(own, plain);
  assert.equal(
    await runtimeId("python", { packages: { lock: await lockPackages(packages), findLinks: [links] } }),
    own,
  );
  const fromIndex = { requirements: ["native_counter", "native-counter>=1"], indexUrl };
  assert.equal(await runtimeId("python", { packages: fromIndex }), own);
  const session = await createSession("python", { packages });
  await resultOf(session, "import native_counter; native_counter.call()");
  const snapshot = await session.snapshot();
  await session.close();
  await assert.rejects(createSession("python", { snapshot }), { code: "RUNTIME_MISMATCH" });
  const other = await createSession("python", { snapshot, packages });
  assert.equal(await resultOf(other, "native_counter.call()"), "2");
  await other.close();
  await assert.rejects(createSession("javascript", { packages }), { code: "INVALID_OPTION" });
  await assert.rejects(createSession("python", { packages: [5] as never }), { code: "INVALID_OPTION" });
});

test("prepared packages are imported already, and sessions from there are as fresh as others", async () => {
  const packages = { requirements: ["native-counter", "whole"], findLinks: [links] };
  const prepared = { ...packages, prepare: true };
  const ids = [await runtimeId("python", { packages }), await runtimeId("python", { packages: prepared })];
  assert.notEqual(ids[0], ids[1]);
  const session = await createSession("python", { packages: prepared, env: { NAME: "value" } });
  const looked = `
import os, sys
({"whole", "native_counter"} <= set(sys.modules), [n for n in globals() if not n.startswith("__")], os.getcwd(),
 dict(os.environ)["NAME"], sys.argv)`;
  assert.equal(await resultOf(session, looked), "(True, ['os', 'sys'], '/home/user', 'value', [''])");
  assert.equal(
    await resultOf(session, "import native_counter; native_counter.call(), native_counter.call()"),
    "(1, 2)",
  );
  const snapshot = await session.snapshot();
  const fork = await session.fork();
  assert.equal(await resultOf(fork, "native_counter.call()"), "3");
  await fork.close();
  await session.reset();
  assert.equal(await resultOf(session, "import native_counter, whole; native_counter.call()"), "1");
  await session.close();
  const other = await createSession("python", { packages: prepared, snapshot });
  assert.equal(await resultOf(other, "native_counter.call()"), "3");
  await other.close();
  await assert.rejects(createSession("python", { packages, snapshot }), { code: "RUNTIME_MISMATCH" });
  const random = async () => {
    const one = await createSession("python", { packages: prepared });
    const number = await resultOf(one, "import random; random.random()");
    await one.close();
    return number;
  };
  assert.notEqual(await random(), await random());
});

test("without packages nothing more can be imported, and what was given to one session is not another's", async () => {
  const session = await createSession("python");
  const { exception } = await session.run("import whole");
  assert.equal(exception?.type, "ModuleNotFoundError");
  assert.equal(await resultOf(session, "import os; os.path.exists('/usr/local/packages')"), "False");
  await session.close();
});

const environment = { ...process.env, XDG_CACHE_HOME: join(root, "other cache") };

function command(...words: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [pyrunner, ...words], {
    env: environment,
    encoding: "utf8",
    cwd: root,
  });
  return { stdout, stderr, status };
}

test("two processes that want the same packages at once both get them", async () => {
  const words = [pyrunner, "--with", "whole, native-counter", "--find-links", links, "-c"];
  const run = promisify(execFile);
  const code = "import whole, native_counter; print(whole.part.answer, native_counter.call())";
  const outcomes = await Promise.all(
    [1, 2, 3].map(() => run(process.execPath, [...words, code], { env: environment })),
  );
  for (const { stdout, stderr } of outcomes) assert.deepEqual([stdout, stderr], ["42 1\n", ""]);
});

test("pyrunner takes packages, locks, and what a script names itself", () => {
  const print = "import alpha; print(alpha.version)";
  assert.deepEqual(command("--with", "alpha<3", "--find-links", links, "-c", print), {
    stdout: "2\n",
    stderr: "",
    status: 0,
  });
  const lock = command("lock", "--with", "alpha", "--find-links", links);
  assert.equal(lock.status, 0);
  assert.deepEqual(lockedNames(lock.stdout), ["alpha 2.0"]);
  writeFileSync(join(root, "packages.lock"), lock.stdout);
  assert.equal(command("--lock", "packages.lock", "--find-links", links, "-c", print).stdout, "2\n");
  writeFileSync(join(root, "script.py"), `# /// script\n# dependencies = ["alpha"]\n# ///\n${print}\n`);
  assert.equal(command("--script-packages", "--find-links", links, "script.py").stdout, "2\n");
  // A script's own word is not enough.
  assert.match(command("script.py").stderr, /ModuleNotFoundError: No module named 'alpha'/);

  assert.deepEqual(command("--with", "elsewhere", "--find-links", links, "-c", "1"), {
    stdout: "",
    stderr:
      "pyrunner: elsewhere is there for other machines only: it needs a wheel that is pure Python, or for pyemscripten_2026_0_wasm32\n",
    status: 1,
  });
  const sets = join(root, "other cache", "wasm-repl", "packages", "sets");
  const images = () => readdirSync(sets).filter((name) => name.endsWith(".image")).length;
  const ahead = [
    "--with",
    "whole",
    "--find-links",
    links,
    "-c",
    "import sys, whole; print(whole.part.answer)",
  ];
  assert.equal(command(...ahead).stdout, "42\n");
  const before = images();
  assert.equal(command(...ahead).stdout, "42\n");
  assert.equal(images(), before + 1);
  assert.equal(command(...ahead).stdout, "42\n");

  assert.equal(command("--lock", "none.lock", "-c", "1").status, 2);
  assert.equal(command("lock").status, 2);
  assert.equal(command("--with", "alpha", "--lock", "packages.lock", "-c", "1").status, 2);
});
