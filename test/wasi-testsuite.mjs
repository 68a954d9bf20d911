// Runs the official WASI test suite's preview 1 tests (github.com/WebAssembly/wasi-testsuite, a branch with built
// tests such as prod/testsuite-base) and prints a table. Compile first: `npx tsc`.
//
//   node test/wasi-testsuite.mjs DIRECTORY [--memory] [NAME…]
//
// DIRECTORY, or WASI_TESTSUITE in the environment, is the suite's root. Names narrow the run to tests whose name
// contains one of them. Each test gets a copy of its root directory: on disk, or with --memory on a memory volume.
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDoors } from "../build/abi/doors.js";
import { runCommand } from "../build/guest/command/run-command.js";
import { GuestCrash } from "../build/guest/guest.js";
import { createFileSystem } from "../build/vfs/file-system.js";
import { createMemoryVolume } from "../build/vfs/memory-volume.js";
import { createStreamFile } from "../build/vfs/stream-file.js";

const options = process.argv.slice(2).filter((each) => each.startsWith("--"));
const words = process.argv.slice(2).filter((each) => !each.startsWith("--"));
const suite = process.env.WASI_TESTSUITE ?? words.shift();
const inMemory = options.includes("--memory");
if (suite === undefined || options.some((each) => each !== "--memory")) {
  console.error("usage: node test/wasi-testsuite.mjs DIRECTORY [--memory] [NAME...]");
  process.exit(2);
}

function* tests() {
  for (const language of ["assemblyscript", "c", "rust"]) {
    const folder = join(suite, "tests", language, "testsuite", "wasm32-wasip1");
    for (const file of readdirSync(folder).sort()) {
      if (!file.endsWith(".wasm")) continue;
      const name = file.slice(0, -".wasm".length);
      const manifest = join(folder, `${name}.json`);
      const expected = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : {};
      yield {
        language,
        name,
        file,
        bytes: readFileSync(join(folder, file)),
        folder,
        ...readManifest(expected),
      };
    }
  }
}

/** The older manifests have flat keys, the newer ones a list of operations. */
function readManifest(manifest) {
  const run = manifest.operations?.find(({ type }) => type === "run") ?? manifest;
  const wait = manifest.operations?.find(({ type }) => type === "wait") ?? manifest;
  const read = manifest.operations?.find(({ type, id }) => type === "read" && id === "stdout");
  return {
    args: run.args ?? [],
    env: run.env ?? {},
    root: run.root ?? manifest.dirs?.[0],
    exitCode: wait.exit_code ?? 0,
    stdout: read?.payload ?? manifest.stdout,
  };
}

function copyIntoMemory(fileSystem, from, to) {
  for (const entry of readdirSync(from)) {
    if (statSync(join(from, entry)).isDirectory()) {
      fileSystem.makeDirectory(`${to}${entry}`);
      copyIntoMemory(fileSystem, join(from, entry), `${to}${entry}/`);
      continue;
    }
    const file = fileSystem.open(`${to}${entry}`, { write: true, create: true });
    file.write(readFileSync(join(from, entry)));
    file.close();
  }
}

async function openRoot(source) {
  if (inMemory) {
    const fileSystem = createFileSystem({ root: createMemoryVolume({ now: openDoors().clocks.realtimeNs }) });
    copyIntoMemory(fileSystem, source, "/");
    return { fileSystem, remove() {} };
  }
  const { createHostVolume } = await import("../build/node/files/host-volume.js");
  const copy = mkdtempSync(join(tmpdir(), "wasi-testsuite-"));
  cpSync(source, copy, { recursive: true });
  const volume = createHostVolume(copy, { writable: true });
  return { fileSystem: createFileSystem({ root: volume }), remove: () => rmSync(copy, { recursive: true }) };
}

async function runTest({ bytes, file, args, env, folder, root, exitCode, stdout }) {
  const written = { stdout: [], stderr: [] };
  const sink = (name) =>
    createStreamFile({ type: "fifo", write: (part) => written[name].push(part.slice()) && part.length });
  const { fileSystem, remove } =
    root === undefined
      ? { fileSystem: createFileSystem({ root: createMemoryVolume() }), remove() {} }
      : await openRoot(join(folder, root));
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const text = (name) => Buffer.concat(written[name]).toString();
  try {
    const code = runCommand(bytes, {
      args: [file, ...args],
      env,
      preopens: root === undefined ? [] : [{ path: "/" }],
      host: {
        ...openDoors(),
        fileSystem,
        stdin: createStreamFile({ type: "fifo", read: () => 0 }),
        stdout: sink("stdout"),
        stderr: sink("stderr"),
        signals: { take: () => 0, wait: (timeoutMs) => Atomics.wait(cell, 0, 0, timeoutMs) === "ok" },
        memoryBytes: 2 ** 30,
      },
    });
    if (code !== exitCode) return `exit code ${code}, not ${exitCode}: ${text("stderr")}`;
    if (stdout !== undefined && text("stdout") !== stdout) return `stdout ${JSON.stringify(text("stdout"))}`;
    return undefined;
  } catch (error) {
    if (error instanceof GuestCrash) return `${error.message}: ${text("stderr")}`;
    return error.stack;
  } finally {
    fileSystem.close();
    remove();
  }
}

let passed = 0;
let total = 0;
for (const each of tests()) {
  if (words.length > 0 && !words.some((word) => each.name.includes(word))) continue;
  const failure = await runTest(each);
  total++;
  if (failure === undefined) passed++;
  const outcome = failure === undefined ? "pass" : `FAIL ${failure.trim().replace(/\s*\n\s*/g, " | ")}`;
  console.log(`${each.language.padEnd(15)} ${each.name.padEnd(36)} ${outcome}`);
}
console.log(`${passed} of ${total} pass`);
process.exitCode = passed === total ? 0 : 1;
