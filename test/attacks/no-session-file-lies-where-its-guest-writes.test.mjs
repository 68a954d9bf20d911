// A session file inside a read-write mount: the guest would choose what the host reads, and where it writes.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe as group, test } from "node:test";
import { startJsonLines } from "../commands.mjs";
import { assertRefused, makePlaces, plant, runBriefly } from "./planting.mjs";

const commands = [
  ["pyrunner", "-c", "x = 5", "print(x)"],
  ["jsrunner", "-e", "var x = 5", "console.log(x)"],
];
const inTheMount = (places) => new RegExp(`: it lies in the read-write mount "${places.mount}:/m": keep it`);

for (const [command, option, set, show] of commands) {
  test(`${command} --session refuses a file in a read-write mount, and names the mount`, async () => {
    const places = makePlaces();
    await plant(places, `os.symlink("${places.outside}/keys", "/m/s.tmp"); os.makedirs("/m/a/b/c")`);
    for (const path of ["s", "a/b/c/s", "a/b/../../s", "//a/.//s"]) {
      const args = ["--session", join(places.mount, "/") + path, ...places.rw, option, set];
      await assertRefused(command, args, inTheMount(places));
    }
    const args = ["--session", "s", ...places.rw];
    const options = { cwd: places.mount, input: '{"id":1,"code":"1"}\n' };
    for (const how of [[option, set], ["--read-only", option, set], ["--jsonl"]]) {
      await assertRefused(command, [...args, ...how], inTheMount(places), options);
    }
    assert.deepEqual(readdirSync(places.mount).sort(), ["a", "s.tmp"]);
    places.assertOutsideUntouched();
  });

  test(`${command} --session refuses a path through a link that the guest made, wherever that leads`, async () => {
    const places = makePlaces();
    await plant(
      places,
      `os.symlink("${places.outside}", "/m/out"); os.symlink("../outside/deep", "/m/deep"); os.mkdir("/m/d"); os.symlink("../..", "/m/d/up")`,
    );
    // And one of the owner's that leads into the mount.
    symlinkSync(join(places.mount, "d"), join(places.folder, "mine"));
    for (const path of ["mount/out/s", "mount/deep/s", "mount/d/up/outside/s", "mine/up/outside/s"]) {
      const args = ["--session", join(places.folder, path), ...places.rw, option, set];
      await assertRefused(command, args, /a symbolic link in the read-write mount ".*:\/m" leads to it/);
    }
    await assertRefused(
      command,
      ["--session", join(places.folder, "mine/s"), ...places.rw, option, set],
      inTheMount(places),
    );
    places.assertOutsideUntouched();
  });

  test(`${command} --session works above a read-write mount, and in mounts that the guest cannot write`, async () => {
    const places = makePlaces();
    const inner = join(places.mount, "inner");
    mkdirSync(inner);
    for (const [file, ...mounts] of [
      [join(places.folder, "s"), `${places.mount}:/m:rw`],
      [join(places.mount, "s"), `${inner}:/m:rw`],
      [join(places.mount, "r"), `${places.mount}:/m`],
      [join(places.mount, "o"), `${places.mount}:/m:overlay`, `${inner}:/m/i:rw`],
    ]) {
      const args = ["--session", file, ...mounts.flatMap((mount) => ["--mount", mount])];
      const first = await runBriefly(command, [...args, option, set]);
      assert.deepEqual([first.code, first.stderr], [0, ""]);
      assert.equal((await runBriefly(command, [...args, option, show])).stdout, "5\n");
    }
  });
}

test("a mount that is mounted twice, read-only and read-write, is a read-write mount", async () => {
  const places = makePlaces();
  const again = ["--mount", `${places.mount}:/ro`, "--mount", `${places.folder}/./outside/../mount:/w:rw`];
  const args = ["--session", join(places.mount, "s"), ...again, "-e", "1"];
  await assertRefused("jsrunner", args, /in the read-write mount ".*:\/w"/);
});

test("what the guest left beside a session file while it could harms no later run without the mount", async () => {
  const places = makePlaces();
  const file = join(places.mount, "s");
  await runBriefly("pyrunner", ["--session", file, "-c", "x = 5"]);
  const target = join(places.outside, "keys");
  const names = ["s.tmp", "s.7.0123456789abcdef.tmp", "s.lock.7.0123456789abcdef.tmp"];
  await plant(places, names.map((name) => `os.symlink("${target}", "/m/${name}")`).join("\n"));
  await plant(places, `os.mkdir("/m/s.7.00000000000000ff.tmp")`);
  const { code, stderr } = await runBriefly("pyrunner", ["--session", file, "-c", "x += 1"]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal((await runBriefly("pyrunner", ["--session", file, "-c", "print(x)"])).stdout, "6\n");
  places.assertOutsideUntouched();
  assert.deepEqual(readdirSync(places.mount).sort(), ["s", "s.7.00000000000000ff.tmp", ...names].sort());
  for (const name of names) assert.equal(readlinkSync(join(places.mount, name)), target);
});

group("the operations snapshot and restore", () => {
  for (const command of ["pyrunner", "jsrunner"]) {
    test(`${command} refuses a file in a read-write mount, whatever the guest makes of its directory`, async () => {
      const places = makePlaces();
      const server = startJsonLines(command, places.rw);
      const planting =
        command === "pyrunner"
          ? `import os; os.symlink("${places.outside}/keys", "/m/s.tmp"); os.symlink("${places.outside}/keys", "/m/s"); os.symlink("${places.outside}", "/m/out")`
          : `import("node:fs").then((fs) => { fs.symlinkSync("${places.outside}/keys", "/m/s.tmp"); fs.symlinkSync("${places.outside}/keys", "/m/s"); fs.symlinkSync("${places.outside}", "/m/out") })`;
      assert.equal((await server.send({ id: 1, code: planting })).error, undefined);
      let id = 1;
      for (const op of ["snapshot", "restore"]) {
        for (const path of ["new", "s", "out/new", "out/keys", "out/deep/new"]) {
          const { error = "" } = await server.send({ id: ++id, op, path: join(places.mount, path) });
          assert.match(error, /^cannot (read|write) .*in the read-write mount ".*:\/m".*$/);
        }
      }
      const kept = join(places.folder, "kept");
      assert.equal((await server.send({ id: ++id, op: "snapshot", path: kept })).error, undefined);
      assert.equal((await server.send({ id: ++id, op: "restore", path: kept })).error, undefined);
      assert.equal(await server.end(), 0);
      assert.deepEqual(readdirSync(places.mount).sort(), ["out", "s", "s.tmp"]);
      places.assertOutsideUntouched();
    });
  }
});

group("the prompt", async () => {
  const { createSession } = await import("../../build/index.js");
  const { runCommand } = await import("../../build/cli/repl/commands.js");
  const { openHistory } = await import("../../build/cli/repl/history.js");

  /** A prompt with a session of its own that has planted what it could. */
  async function promptIn(places) {
    const sessionOptions = { mounts: [{ hostPath: places.mount, guestPath: "/m", mode: "rw" }] };
    const session = await createSession("python", sessionOptions);
    const planting = `import os; os.symlink("${places.outside}/keys", "/m/s"); os.symlink("${places.outside}", "/m/out")`;
    assert.equal((await session.run(planting)).error, undefined);
    const said = [];
    const front = { pause() {}, resume() {} };
    const prompt = { session, sessionOptions, front, lastCell: "1", say: (text) => said.push(text) };
    return { prompt, said };
  }

  test(".save and .load refuse a file in a read-write mount", async () => {
    const places = makePlaces();
    const { prompt, said } = await promptIn(places);
    for (const path of ["s", "new", "out/keys", "out/new"]) {
      await runCommand(prompt, `.save ${join(places.mount, path)}`);
      await runCommand(prompt, `.load ${join(places.mount, path)}`);
    }
    assert.equal(said.length, 8);
    for (const text of said)
      assert.match(text, /^\.(save|load): cannot .*in the read-write mount ".*:\/m".*$/);
    await runCommand(prompt, `.save ${join(places.folder, "kept")}`);
    assert.match(said.at(-1), /^saved \d+ KiB/);
    await prompt.session.close();
    places.assertOutsideUntouched();
    assert.deepEqual(readdirSync(places.mount).sort(), ["out", "s"]);
  });

  test(".edit makes no file in a read-write mount", async () => {
    const places = makePlaces();
    const { prompt, said } = await promptIn(places);
    const ran = join(places.folder, "ran");
    const { TMPDIR, EDITOR, VISUAL } = process.env;
    Object.assign(process.env, { EDITOR: `touch ${ran}; true`, VISUAL: "" });
    try {
      for (const path of ["", "out"]) {
        process.env.TMPDIR = join(places.mount, path);
        await runCommand(prompt, ".edit");
        assert.match(said.at(-1), /^\.edit: cannot use .*in the read-write mount ".*:\/m".*TMPDIR/);
      }
      assert.equal(existsSync(ran), false);
      process.env.TMPDIR = places.folder;
      await runCommand(prompt, ".edit");
      assert.equal(existsSync(ran), true);
    } finally {
      for (const [name, value] of Object.entries({ TMPDIR, EDITOR, VISUAL })) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    await prompt.session.close();
    places.assertOutsideUntouched();
    assert.deepEqual(readdirSync(places.mount).sort(), ["out", "s"]);
  });

  test("the history is neither read from a read-write mount nor written through it", async () => {
    const places = makePlaces();
    const { prompt } = await promptIn(places);
    const { mounts } = prompt.sessionOptions;
    writeFileSync(join(places.mount, "h"), '"planted"\n');
    for (const path of ["h", "s", "out/h", "new/h", "out/deep/new/h"]) {
      const history = openHistory(join(places.mount, path), mounts);
      assert.deepEqual(history.entries, []);
      history.add("typed");
      assert.deepEqual(history.entries, ["typed"]);
    }
    await prompt.session.close();
    places.assertOutsideUntouched();
    assert.deepEqual(readdirSync(places.mount).sort(), ["h", "out", "s"]);
    const elsewhere = join(places.folder, "state", "h");
    openHistory(elsewhere, mounts).add("typed");
    assert.deepEqual(openHistory(elsewhere, mounts).entries, ["typed"]);
  });
});
