// A guest learns of time and chance through two files only: so what they are told to give is all that it can know.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Every way to the host's time and to its randomness. */
const ways =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\s*\.|\bhrtime\b|\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b|\brandomBytes\b|\brandomFill|\brandomInt\b|\bcrypto\.(?:subtle|webcrypto)\b/;
/** Layers in which a guest is served. */
const layers = ["vfs", "abi", "wasm", "guest", "engine", "node"];
const doors = ["abi/clocks.ts", "abi/randomness.ts"];
/** What the guest cannot see, and why it is there. */
const hostsOwn = {
  "guest/quickjs/modules/standard-modules.ts": "names of JavaScript's functions",
  "guest/quickjs/evident-types.ts": "names of JavaScript's functions",
  "guest/quickjs/boot.ts": "code that is run in the guest",
  "engine/call-line.ts": "when calls are sent, and how long a wait for answers still is",
  "engine/guest-thread.ts": "when changes are reported",
  "engine/steps.ts": "how long the caller is kept from its other work",
  "engine/signals.ts": "how long a wait for notices still is",
  "abi/trace/tracer.ts": "how long the host took for a call",
  "node/files/file-lock.ts": "whether a lock was made by a process of an earlier boot",
  "node/files/host-times.ts": "files of the host have the host's times",
  "node/files/whole-file.ts": "names and ages of the host's temporary files",
  "node/packages/add-packages.ts": "how long ago an index was asked",
  "node/streams/patient-write.ts": "when a write that nobody reads is given up",
};

const files = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(source, join(entry.parentPath ?? entry.path, entry.name)))
  .filter((file) => file.endsWith(".ts") && !/\.test\.ts$|(^|\/)test-|-fixture\.ts$/.test(file))
  .filter((file) => layers.some((layer) => file.startsWith(`${layer}/`)));

/** Comments tell of these things too. */
const code = (file) =>
  readFileSync(join(source, file), "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "");

test("no file but the two doors uses the host's clocks or its randomness, except for what is the host's own.", () => {
  const found = files.filter((file) => ways.test(code(file)));
  assert.deepEqual(
    found.filter((file) => !doors.includes(file) && !(file in hostsOwn)),
    [],
  );
  for (const file of [...doors, ...Object.keys(hostsOwn)])
    assert.ok(found.includes(file), `${file} uses none`);
});
