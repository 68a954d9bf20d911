// A link that a guest left in its read-write mount, and a later command that names it as another mount's host path.
import assert from "node:assert/strict";
import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertRefused, makePlaces, plant, runBriefly } from "./planting.mjs";

const write = 'open("/b/keys", "w").write("the guest\'s")';

for (const [command, option, code] of [
  ["pyrunner", "-c", write],
  ["jsrunner", "-e", 'require("fs").writeFileSync("/b/keys", "x")'],
]) {
  test(`${command} does not follow a link of the guest's to the directory of another mount`, async () => {
    const places = makePlaces();
    await plant(places, `os.symlink("${places.outside}", "/m/data")`);
    for (const mode of ["rw", "overlay", "ro"]) {
      const mounts = [...places.rw, "--mount", `${join(places.mount, "data")}:/b:${mode}`];
      const line = new RegExp(
        `^${command}: mount ".*/data:/b": a symbolic link in the read-write mount ".*:/m" leads to it: give the path`,
      );
      await assertRefused(command, [...mounts, option, code], line);
      await assertRefused(command, [...mounts, "--jsonl"], line);
    }
    places.assertOutsideUntouched();
    assert.equal(readlinkSync(join(places.mount, "data")), places.outside);
    // Nothing is wrong with the link where the guest cannot change it.
    const { code: exitCode } = await runBriefly("jsrunner", [
      "--mount",
      `${places.mount}:/m`,
      "--mount",
      `${join(places.mount, "data")}:/b`,
      "-e",
      'require("fs").readFileSync("/b/keys")',
    ]);
    assert.equal(exitCode, 0);
  });
}
