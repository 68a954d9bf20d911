// A guest never leaves a mount, whatever its programs do and whatever another process of the host does to the mount
// meanwhile: here it exchanges directories, files and the mount itself for links that lead out, faster than the guest
// can look. Guests in Python, JavaScript and WASI, and the host for them, try every operation on files; beside the mount lie files and
// directories that must never be read, changed, listed or made in.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSession } from "../../dist/index.js";
import { start } from "../commands.mjs";
import { assembleGuest } from "./racing/guest-wasi.mjs";
import { askForFiles } from "./racing/host-files.mjs";

/** Operations of each guest; a thorough run sets 300000. */
const operations = Number(process.env.WASM_REPL_TEST_OPERATIONS ?? 6000);
const skip = process.platform !== "linux" && "docs/files.md promises this on Linux";

const beside = (name) => fileURLToPath(new URL(`racing/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "wasm-repl-racing-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Both have 8 bytes, and are nowhere but outside. */
const secret = "OUTSIDE!";
const nameOutside = "canaries";

/** A mount, links to take the places of its entries, and what must stay as it is. */
function lay(name) {
  const top = join(folder, name);
  const [mount, partners, outside] = ["mount", "partners", "outside"].map((each) => join(top, each));
  for (const path of [top, mount, partners, outside]) mkdirSync(path);
  for (const path of ["d", "d/sub", "e"]) {
    mkdirSync(join(mount, path));
    writeFileSync(join(mount, path, "f"), "inside");
  }
  writeFileSync(join(mount, "file"), "inside");
  const canaries = [
    "f",
    nameOutside,
    "d",
    "d/f",
    `d/${nameOutside}`,
    "d/sub",
    "d/sub/f",
    `d/sub/${nameOutside}`,
  ];
  for (const path of canaries) {
    if (/(^|\/)(d|sub)$/.test(path)) mkdirSync(join(outside, path));
    else writeFileSync(join(outside, path), `${secret} ${path}`);
  }
  for (const [link, target] of [
    ["link-to-directory", join(outside, "d")],
    ["link-to-sub", join(outside, "d/sub")],
    ["relative-link", "../outside"],
    ["link-to-file", join(outside, "f")],
    ["link-to-outside", outside],
  ]) {
    symlinkSync(target, join(partners, link));
  }
  const guarded = ["", ...canaries].map((path) => join(outside, path));
  // A read of anything whose access time is older than its other times would show.
  for (const path of guarded) utimesSync(path, 1_000_000, 2_000_000);
  const status = guarded.map(statusOf);
  return {
    mount,
    partners,
    outside,
    inodes: guarded.map((path) => lstatSync(path).ino),
    assertUntouched() {
      assert.deepEqual(guarded.map(statusOf), status);
      assert.deepEqual(readdirSync(outside).sort(), [nameOutside, "d", "f"].sort());
      assert.deepEqual(readdirSync(join(outside, "d")).sort(), [nameOutside, "f", "sub"].sort());
      assert.deepEqual(readdirSync(join(outside, "d/sub")).sort(), [nameOutside, "f"].sort());
      for (const path of canaries) {
        if (!lstatSync(join(outside, path)).isFile()) continue;
        assert.equal(readFileSync(join(outside, path), "utf8"), `${secret} ${path}`);
      }
    },
  };
}

function statusOf(path) {
  const { mode, nlink, size, uid, atimeNs, mtimeNs, ctimeNs, ino } = lstatSync(path, { bigint: true });
  return [path, mode, nlink, size, uid, atimeNs, mtimeNs, ctimeNs, ino].join(" ");
}

/** What a guest must not see. */
const marks = ({ outside, inodes }) => ({ outside, secret, names: [nameOutside], inodes });

/** What is exchanged for what: an entry of the mount (the empty path is the mount itself), its partner, its kind. */
const pairs = [
  ["d", "link-to-directory", "directory"],
  ["d/sub", "link-to-sub", "directory"],
  ["e", "relative-link", "directory"],
  ["file", "link-to-file", "file"],
  ["", "link-to-outside", "directory"],
];

/** Another process of the host. Python can exchange two names in one step, which is the fastest. */
async function startSwapper({ mount, partners }) {
  const words = [mount, partners, JSON.stringify(pairs)];
  const python = await launch("python3", [beside("swapper.py"), ...words]).catch(() => undefined);
  return python ?? launch(process.execPath, [beside("swapper.mjs"), ...words]);
}

async function launch(command, words) {
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = linesOf(child);
  child.stdin.on("error", () => {});
  assert.equal(await lines.next(), "ready");
  return {
    begin: () => child.stdin.write("\n"),
    /** Gives how many exchanges there were. */
    async end() {
      child.stdin.end("\n");
      return Number(await lines.next());
    },
  };
}

/** The lines that a process writes, one for each call; rejects if there will be none. */
function linesOf(child) {
  let text = "";
  let isOver = false;
  let look = () => {};
  child.stdout.setEncoding("latin1").on("data", (chunk) => {
    text += chunk;
    look();
  });
  child.on("error", () => {});
  child.on("close", () => {
    isOver = true;
    look();
  });
  return {
    next: () =>
      new Promise((resolve, reject) => {
        look = () => {
          const end = text.indexOf("\n");
          if (end >= 0) {
            resolve(text.slice(0, end));
            text = text.slice(end + 1);
          } else if (isOver) reject(new Error(`${child.spawnfile} ended, and wrote: ${text}`));
        };
        look();
      }),
    /** All that it writes to its end. */
    rest: () =>
      new Promise((resolve) => {
        look = () => isOver && resolve(text);
        look();
      }),
  };
}

const guests = {
  "the host's own request for files": (place, mode, setup, began) =>
    askForFiles(place.mount, mode, setup, began),
  async python(place, mode, setup, began) {
    const code = readFileSync(beside("guest.py"), "utf8");
    const words = ["--mount", `${place.mount}:/m:${mode}`, "-c", code, JSON.stringify(setup)];
    const child = start("pyrunner", words, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = linesOf(child);
    assert.equal(await lines.next(), "on");
    began();
    return JSON.parse(await lines.next());
  },
  async javascript(place, mode, setup, began) {
    const session = await createSession("javascript", {
      mounts: [{ hostPath: place.mount, guestPath: "/", mode }],
      env: { SETUP: JSON.stringify(setup) },
    });
    let output = "";
    const { error } = await session.run(readFileSync(beside("guest.mjs"), "utf8"), {
      onOutput(_stream, text) {
        if (output === "") began();
        output += text;
      },
    });
    await session.close();
    assert.equal(error, undefined);
    return JSON.parse(output.split("\n")[1]);
  },
  async wasi(place, mode, setup, began) {
    const wasm = join(folder, `${mode}.wasm`);
    writeFileSync(wasm, await assembleGuest({ ...setup, ...wasiPaths, operations: 4 * setup.operations }));
    const child = start("wasirun", ["--mount", `${place.mount}:/m:${mode}`, wasm], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = linesOf(child);
    assert.equal(await lines.next(), "on");
    began();
    const counts = Buffer.from(await lines.rest(), "latin1");
    const [operations, met, missed, texts, inodes] = [0, 4, 8, 12, 16].map((at) => counts.readUInt32LE(at));
    return {
      operations,
      met,
      missed,
      leaks: [...Array(texts).fill("text"), ...Array(inodes).fill("status")],
    };
  },
};

/** Relative to whatever directory that guest stands in, and without absolute links, which WASI has not. */
const wasiPaths = {
  likely: ["d/f", "d/sub/f", "e/f", "file", "file", "f"],
  moved: ["new", "d/new", "e/new", "d/sub/new", "own", "d/own", "made", "e/made"],
  targets: [
    "../outside",
    "../outside/f",
    "../../outside",
    "..",
    "d",
    "d/sub",
    "../m/d",
    "sub/../../../outside",
  ],
  paths: [
    ...["d", "d/sub", "e", "new/f", "own", "own/f", "own/../f", "own/d/f", "d/own/f", "e/own/f", "d/", "e//"],
    ...["d/../d/f", "d/sub/../f", "d/sub/../../e/f", "e/../f", "d/..", "d/../..", "../d/f", "./e/./f"],
    ...["../f", "../outside/f", "d/../../outside/f", "/m/d/f"],
  ],
};

/**
 * In an overlay, what a guest has changed hides what is exchanged below: there it changes little, and begins anew a
 * few times.
 */
const modes = {
  ro: { weights: [10, 2, 1], rounds: 1 },
  rw: { weights: [10, 8, 1], rounds: 1 },
  overlay: { weights: [18, 1, 0], rounds: 3 },
};

for (const [mode, { weights, rounds }] of Object.entries(modes)) {
  for (const [language, run] of Object.entries(guests)) {
    test(`${language} in a mount (${mode}) meets nothing outside while its entries are exchanged for links`, {
      skip,
    }, async () => {
      const total = { operations: 0, met: 0, missed: 0, swaps: 0 };
      for (let seed = 1; seed <= rounds; seed++) {
        const place = lay(`${language}-${mode}-${seed}`);
        const swapper = await startSwapper(place);
        try {
          const setup = { operations: Math.ceil(operations / rounds), seed, weights, ...marks(place) };
          const { leaks, ...counts } = await run(place, mode, setup, swapper.begin);
          assert.deepEqual(leaks, []);
          for (const name of ["operations", "met", "missed"]) total[name] += counts[name];
        } finally {
          total.swaps += await swapper.end();
        }
        place.assertUntouched();
      }
      assert.ok(total.met > 0 && total.missed > 0 && total.swaps > 0, JSON.stringify(total));
      if (process.env.WASM_REPL_TEST_OPERATIONS) console.log(language, mode, total);
    });
  }
}
