// Links, directories, FIFOs, sockets and devices in the place of a session file, a snapshot or a history.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { startJsonLines } from "../commands.mjs";
import { assertRefused, describe, makePlaces, plant, runBriefly, runInProcess } from "./planting.mjs";

/** Makes one of each beside `places.mount`, as far as this user may, and gives path and what is said of it. */
async function makeStrangers(places) {
  const at = (name) => join(places.mount, name);
  await plant(
    places,
    `os.symlink("${places.outside}/keys", "/m/link"); os.symlink("nowhere", "/m/dangling"); os.symlink("loop", "/m/loop"); os.mkdir("/m/directory")`,
  );
  // A guest cannot make these.
  execFileSync("mkfifo", [at("fifo")]);
  const server = createServer().listen(at("socket"));
  await new Promise((resolve) => server.once("listening", resolve));
  const strangers = [
    [at("link"), "it is a symbolic link, and these are not followed"],
    [at("dangling"), "it is a symbolic link, and these are not followed"],
    [at("loop"), "it is a symbolic link, and these are not followed"],
    [at("directory"), "it is a directory"],
    [`${at("directory")}/`, "it is the name of a directory"],
    [`${at("directory")}/.`, "it is the name of a directory"],
    [at("fifo"), "it is a FIFO and not a file"],
    [at("socket"), "it is a socket and not a file"],
    [`${at("fifo")}/s`, "what should be its directory is none"],
    [`${at("loop")}/s`, "too many symbolic links lead to it"],
    [at("none/s"), "its directory does not exist"],
  ];
  try {
    execFileSync("mknod", [at("device"), "c", "1", "3"], { stdio: "ignore" });
    strangers.push([at("device"), "it is a device and not a file"]);
  } catch {
    // Only root may make devices, and not everywhere. This one stands for them; see that it stays.
    strangers.push(["/dev/null", "it is a device and not a file"]);
  }
  return { strangers, stop: () => new Promise((resolve) => server.close(resolve)) };
}

for (const [command, option, code] of [
  ["pyrunner", "-c", "x = 1"],
  ["jsrunner", "-e", "var x = 1"],
]) {
  test(`${command} --session refuses what is no regular file at once, and leaves it as it is`, async () => {
    const places = makePlaces();
    const { strangers, stop } = await makeStrangers(places);
    const before = describe(places.mount);
    const { ino, rdev } = lstatSync("/dev/null");
    for (const [path, reason] of strangers) {
      const line = new RegExp(`^${command}: cannot use ${path}: ${reason} \\(see ${command} --help\\)\n$`);
      await assertRefused(command, ["--session", path, option, code], line);
    }
    for (const how of [["--read-only"], ["--jsonl"]]) {
      const [path, reason] = strangers.find(([name]) => name.endsWith("fifo"));
      const rest = how[0] === "--jsonl" ? how : [...how, option, code];
      await assertRefused(command, ["--session", path, ...rest], new RegExp(reason));
    }
    assert.deepEqual(describe(places.mount), before);
    assert.deepEqual([lstatSync("/dev/null").ino, lstatSync("/dev/null").rdev], [ino, rdev]);
    assert.equal(existsSync("/dev/null.lock"), false);
    places.assertOutsideUntouched();
    await stop();
  });
}

test("the operations snapshot and restore refuse what is no regular file, and the server goes on", async () => {
  const places = makePlaces();
  const { strangers, stop } = await makeStrangers(places);
  const before = describe(places.mount);
  const server = startJsonLines("jsrunner");
  let id = 0;
  for (const [path, reason] of strangers) {
    for (const [op, verb] of [
      ["snapshot", "write"],
      ["restore", "(use|read)"],
    ]) {
      const { error = "" } = await server.send({ id: ++id, op, path });
      assert.match(error, new RegExp(`^cannot ${verb} ${path}: ${reason}(; nothing has changed)?$`));
    }
  }
  assert.equal((await server.send({ id: ++id, code: "6 * 7" })).result, "42");
  assert.equal(await server.end(), 0);
  assert.deepEqual(describe(places.mount), before);
  places.assertOutsideUntouched();
  await stop();
});

test("a link to another session's file neither reads nor overwrites that session", async () => {
  const places = makePlaces();
  const other = join(places.outside, "other");
  await runBriefly("pyrunner", ["--session", other, "-c", "secret = 'theirs'"]);
  const kept = readFileSync(other);
  await plant(places, `os.symlink("${other}", "/m/mine")`);
  const args = ["--session", join(places.mount, "mine"), "-c", "print(secret); secret = 'mine'"];
  await assertRefused("pyrunner", args, /symbolic link/);
  assert.deepEqual(readFileSync(other), kept);
  assert.deepEqual(readdirSync(places.outside).sort(), ["deep", "keys", "other"]);
});

test("a history that is no regular file is done without, and is neither waited for nor followed", async () => {
  const places = makePlaces();
  const { strangers, stop } = await makeStrangers(places);
  const before = describe(places.mount);
  const paths = strangers.map(([path]) => path).filter((path) => !path.endsWith("none/s"));
  const using = `
    import { openHistory } from "./build/cli/repl/history.js";
    for (const path of args) {
      const history = openHistory(path);
      history.add("typed");
      console.log(history.entries.join());
    }`;
  assert.equal(await runInProcess(using, paths), "typed\n".repeat(paths.length));
  assert.deepEqual(describe(places.mount), before);
  places.assertOutsideUntouched();
  await stop();
});

test("a cache that is no regular file is done without, and stays", async () => {
  const places = makePlaces();
  const names = ["a", "b", "c"].map((key) => join(places.mount, `python-${key}.runtime`));
  symlinkSync(join(places.outside, "keys"), names[0]);
  execFileSync("mkfifo", [names[1]]);
  mkdirSync(names[2]);
  writeFileSync(join(names[2], "in"), "");
  const before = describe(places.mount);
  const using = `
    import { openStockCache } from "./build/node/runtimes/stock-cache.js";
    const prepared = { version: "3.14.0", wasm: new Uint8Array(8), image: new Uint8Array(8), imageName: "", wasmName: "", libraryName: "" };
    for (const key of ["a", "b", "c"]) {
      const cache = openStockCache(args[0], key);
      console.log(cache.read());
      try { cache.write(prepared); } catch (error) { console.log(error.message); }
    }`;
  assert.deepEqual((await runInProcess(using, [places.mount])).split("\n"), [
    "undefined",
    "it is a symbolic link, and these are not followed",
    "undefined",
    "it is a FIFO and not a file",
    "undefined",
    "it is a directory",
    "",
  ]);
  assert.deepEqual(describe(places.mount), before);
  places.assertOutsideUntouched();
});
