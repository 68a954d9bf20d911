// Directories and files that become links while the host saves, again and again.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makePlaces, runInProcess } from "./planting.mjs";

const saves = 3000;

/** Runs a program that swaps for ever, from when it says so until `stop`. */
async function swapping(source, args) {
  const program = `const fs = require("node:fs"); const args = ${JSON.stringify(args)};\n${source}`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await ended;
  };
}

/** A directory and a link take turns under one name. */
const swapDirectory = `
  const [name, link] = args;
  const parent = process.ppid;
  process.stdout.write("on");
  while (process.ppid === parent) {
    fs.renameSync(name, name + ".real"); fs.renameSync(link, name);
    fs.renameSync(name, link); fs.renameSync(name + ".real", name);
  }`;

test("a directory of the mount that becomes a link outwards: every save is refused, and nothing is written", async () => {
  const places = makePlaces();
  const directory = join(places.mount, "d");
  mkdirSync(join(directory, "deep"), { recursive: true });
  symlinkSync(places.outside, join(places.mount, "link"));
  const stop = await swapping(swapDirectory, [directory, join(places.mount, "link")]);
  const saving = `
    import { readSession, writeSession } from "./build/cli/session-file.js";
    const [directory, mount, saves] = args;
    const mounts = [{ hostPath: mount, guestPath: "/m", mode: "rw" }];
    const seen = new Set();
    for (let done = 0; done < saves || seen.size < 3; done++) {
      for (const name of ["s", "keys", "deep/s"]) {
        for (const act of [() => writeSession(directory + "/" + name, mounts, Buffer.from("mine")), () => readSession(directory + "/" + name, mounts)]) {
          try { act(); seen.add("done"); }
          catch ({ message }) {
            seen.add(message.includes("it lies in") ? "inside" : message.includes("a symbolic link in") ? "link" : message.includes("does not exist") ? "between" : message);
          }
        }
      }
    }
    console.log([...seen].sort().join());`;
  const seen = await runInProcess(saving, [directory, places.mount, saves]);
  await stop();
  places.assertOutsideUntouched();
  assert.equal(seen, "between,inside,link\n");
});

test("a session file's directory that becomes a link: every save goes to the directory that was opened", async () => {
  const places = makePlaces();
  const directory = join(places.folder, "d");
  mkdirSync(directory);
  symlinkSync(places.outside, join(places.folder, "link"));
  writeFileSync(join(directory, "keys"), "mine 0");
  const saving = `
    import { spawn } from "node:child_process";
    import { lstatSync } from "node:fs";
    import { openPlace } from "./build/node/files/file-place.js";
    import { readWhole, writeWhole } from "./build/node/files/whole-file.js";
    const [directory, swapper, saves] = args;
    const place = openPlace(directory + "/keys");
    const child = spawn(process.execPath, ["-e", swapper], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const seen = new Set();
    for (let done = 1; done <= saves || seen.size < 3; done++) {
      writeWhole(place, Buffer.from("mine " + done), { durable: false });
      const text = readWhole(place, 100).toString();
      if (text !== "mine " + done) throw new Error(text);
      const stats = lstatSync(directory, { throwIfNoEntry: false });
      seen.add(stats === undefined ? "between" : stats.isSymbolicLink() ? "link" : "directory");
    }
    child.once("close", () => console.log([...seen].sort().join()));
    child.kill("SIGKILL");`;
  const names = [directory, join(places.folder, "link")];
  const swapper = `const fs = require("node:fs"); const args = ${JSON.stringify(names)};\n${swapDirectory}`;
  const seen = await runInProcess(saving, [directory, swapper, saves / 3]);
  places.assertOutsideUntouched();
  assert.equal(seen, "between,directory,link\n");
});

test("a file that becomes a link or a FIFO: it is refused or replaced, and never followed or waited for", async () => {
  const places = makePlaces();
  const kinds = ["file", "link", "fifo"].map((name) => join(places.mount, name));
  writeFileSync(kinds[0], "inside");
  symlinkSync(join(places.outside, "keys"), kinds[1]);
  execFileSync("mkfifo", [kinds[2]]);
  const name = join(places.folder, "s");
  writeFileSync(name, "inside");
  const stop = await swapping(
    `const [name, ...kinds] = args;
    process.stdout.write("on");
    for (;;) for (const kind of kinds) {
      try { fs.unlinkSync(name + ".next"); } catch {}
      fs.linkSync(kind, name + ".next"); fs.renameSync(name + ".next", name);
    }`,
    [name, ...kinds],
  );
  const using = `
    import { openPlace } from "./build/node/files/file-place.js";
    import { appendWhole, readWhole, writeWhole } from "./build/node/files/whole-file.js";
    const [path, saves] = args;
    const place = openPlace(path);
    const seen = new Set();
    const acts = {
      read: () => { if (!/^inside/.test(readWhole(place, 1e6))) throw new Error("read elsewhere"); },
      write: () => writeWhole(place, Buffer.from("inside"), { durable: false }),
      append: () => appendWhole(place, Buffer.from("+")),
    };
    for (let done = 0; done < saves || seen.size < 9; done++) {
      for (const [name, act] of Object.entries(acts)) {
        try { act(); seen.add(name); }
        catch (error) {
          const { message } = error;
          if (/FIFO|symbolic/.test(message)) seen.add(name + " " + /FIFO|symbolic/.exec(message)[0]);
          else if (!/EACCES|ELOOP/.test(error.errno)) throw error;
        }
      }
    }
    console.log(seen.size);`;
  const seen = await runInProcess(using, [name, saves]);
  await stop();
  places.assertOutsideUntouched();
  assert.equal(seen, "9\n");
  assert.match(readFileSync(kinds[0], "latin1"), /^inside\+*$/);
});
