// test262, the language's own test suite: each test file in sessions of its own, as the suite's INTERPRETING.md asks.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { createSession } from "../../dist/index.js";

export const whereToGet = "it is the repository tc39/test262";

const folders = ["language", "built-ins"];

/** What a host gives to tests. What this one has not is not there; `expected-javascript.txt` says what needs it. */
const host = `var $262 = {
  global: globalThis,
  evalScript: (source) => (0, eval)(source),
  detachArrayBuffer: (buffer) => { buffer.transfer(); },
};`;

export function findSuite(directory) {
  return existsSync(join(directory, "harness/assert.js")) ? directory : undefined;
}

export function listUnits(suite) {
  return folders
    .flatMap((folder) =>
      readdirSync(join(suite, "test", folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && /(?<!_FIXTURE)\.js$/.test(entry.name))
        .map((entry) =>
          posix.relative(join(suite, "test"), join(entry.parentPath ?? entry.path, entry.name)),
        ),
    )
    .sort()
    .map((name) => ({ name, group: name.split("/").slice(0, 2).join("/") }));
}

/** Runs a test in each way that it asks for, and gives its one result. */
export async function runUnit({ name }, limits) {
  const source = readFileSync(join(limits.suite, "test", name), "utf8");
  const test = { name, source, ...readHead(source) };
  for (const variant of variants(test.flags)) {
    const message = await failure(test, variant, limits);
    if (message !== undefined) {
      return [{ name, outcome: "failed", message: `${variant}: ${message}`, features: test.features }];
    }
  }
  return [{ name, outcome: "passed", message: "", features: test.features }];
}

/** The part of a test's YAML head that says how to run it. */
export function readHead(source) {
  const head = /\/\*---\n([\s\S]*?)---\*\//.exec(source.replace(/\r\n?/g, "\n"))?.[1] ?? "";
  const list = (key) => {
    const found = new RegExp(`^${key}:[ \\t]*(?:\\[([^\\]]*)\\]|((?:\\n[ \\t]*- .*)+))`, "m").exec(head);
    return (found?.[1] ?? found?.[2] ?? "").split(/,|\n\s*- /).flatMap((each) => each.trim() || []);
  };
  const negative = /^negative:(?:\n[ \t]+.*)+/m.exec(head)?.[0];
  return {
    flags: list("flags"),
    includes: list("includes"),
    features: list("features"),
    throws: negative && /\btype: *(\w+)/.exec(negative)[1],
  };
}

function variants(flags) {
  if (flags.includes("module")) return ["module"];
  if (flags.includes("raw") || flags.includes("noStrict")) return ["sloppy"];
  return flags.includes("onlyStrict") ? ["strict"] : ["sloppy", "strict"];
}

/** Why the test failed; undefined if it passed. */
async function failure(test, variant, { suite, testTimeoutMs, memoryBytes }) {
  const place = `/suite/test/${test.name}`;
  const session = await createSession("javascript", {
    mounts: [{ hostPath: suite, guestPath: "/suite" }],
    cwd: posix.dirname(place),
    timeoutMs: testTimeoutMs,
    memoryBytes,
    checkpoints: false,
    onLimit: "raise",
  });
  try {
    for (const code of [host, ...harness(test, suite)]) {
      const { error } = await session.run(code);
      if (error !== undefined) return `the harness: ${error}`;
    }
    // A line behind the test tells an error that ended it from a rejection, after its end, that nobody handled.
    const code = {
      module: `await import(${JSON.stringify(place)});\n$262.ended = true;`,
      strict: `"use strict";\n${test.source}\n;$262.ended = true;`,
      sloppy: test.flags.includes("raw") ? test.source : `${test.source}\n;$262.ended = true;`,
    }[variant];
    const { error, ...result } = await session.run(code);
    const hasEnded = error !== undefined && (await session.run("$262.ended")).result === "true";
    return judged(test, { ...result, error: hasEnded ? undefined : error });
  } finally {
    await session.close();
  }
}

function harness({ flags, includes }, suite) {
  if (flags.includes("raw")) return [];
  const asynchronous = flags.includes("async") ? ["doneprintHandle.js"] : [];
  return ["assert.js", "sta.js", ...asynchronous, ...includes].map((each) =>
    readFileSync(join(suite, "harness", each), "utf8"),
  );
}

function judged({ flags, throws }, { stopped, error, exception, output = "" }) {
  if (stopped !== undefined) return `stopped: ${stopped}`;
  if (throws !== undefined) {
    if (error === undefined) return `did not throw a ${throws}`;
    // An error without a stack is told as the console shows it.
    const isIt = exception?.type === throws || error.replace("Uncaught ", "").startsWith(throws);
    return isIt ? undefined : `not a ${throws}: ${error}`;
  }
  if (error !== undefined) return error.replaceAll(/\s+/g, " ");
  if (!flags.includes("async") || output.includes("Test262:AsyncTestComplete")) return undefined;
  return output.trim() || "the test did not say that it is done";
}
