// CPython's own test suite: the modules of its package `test`, each in a session of its own.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createSession } from "../../dist/index.js";

export const whereToGet =
  "CPython's source archive has it as Lib/test; in Debian it is in the packages libpython3.14-testsuite and " +
  "libpython3.14-stdlib, which belong into one directory";

/** A module with more tests than this that have to be stopped is given up: each costs its whole time limit. */
const mostStops = 10;
const runner = readFileSync(new URL("python-unit.py", import.meta.url), "utf8");

/** The package `test` in a source tree, an unpacked Debian package, or right there; undefined if it is nowhere. */
export function findSuite(directory) {
  const library = join(directory, "usr/lib");
  const versions = existsSync(library)
    ? readdirSync(library).filter((each) => /^python3\.\d+$/.test(each))
    : [];
  return ["test", "Lib/test", ...versions.map((each) => `usr/lib/${each}/test`)]
    .map((each) => join(directory, each))
    .find((each) => existsSync(join(each, "support/__init__.py")));
}

/** Modules by the name they have in the package. Packages that only collect their modules are taken apart. */
export function listUnits(suite) {
  const isPackage = (path) => existsSync(join(path, "__init__.py"));
  const units = (path, prefix, pattern) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isFile()) {
        const isTest = pattern.test(entry.name) && entry.name.endsWith(".py");
        return isTest ? [prefix + entry.name.slice(0, -3)] : [];
      }
      if (!isPackage(inside) || (prefix === "" && !pattern.test(entry.name))) return [];
      const source = readFileSync(join(inside, "__init__.py"), "utf8");
      const collects = prefix !== "" || (source.includes("load_package_tests") && !/^class /m.test(source));
      return collects ? units(inside, `${prefix}${entry.name}.`, /^test/) : [prefix + entry.name];
    });
  return units(suite, "", /^test_/)
    .sort()
    .map((name) => ({ name, group: name }));
}

/** Runs a module's tests and gives `{ name, outcome, message }` of each. */
export async function runUnit({ name }, limits) {
  const results = [];
  for (let stops = 0; ; stops++) {
    if (stops === mostStops) {
      results.push({
        name,
        outcome: "failed",
        message: `${stops} tests had to be stopped: the rest was not run`,
      });
      return results;
    }
    const { begun, ended, why } = await runRest(name, results, limits);
    if (ended) return results;
    results.push({ name: begun ?? name, outcome: "failed", message: why });
    if (begun === undefined) return results;
  }
}

/** Runs those tests that have no result yet, until the end or one with which the run stops. */
async function runRest(name, results, { suite, testTimeoutMs, memoryBytes, sockets }) {
  const session = await createSession("python", {
    mounts: [{ hostPath: suite, guestPath: "/suite/test", mode: "overlay" }],
    memoryBytes,
    maxOutputBytes: 2 ** 30,
    checkpoints: false,
    onLimit: "raise",
  });
  let begun;
  let ended = false;
  let rest = "";
  let last = "";
  const watch = setTimeout(() => session.interrupt(), testTimeoutMs);
  const onOutput = (stream, text) => {
    if (stream === "stderr") return;
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("\x1e")) continue;
      const record = JSON.parse(line.slice(1));
      watch.refresh();
      if (record.begin !== undefined) begun = record.begin;
      else if (record.end !== undefined) ended = true;
      else {
        results.push(record);
        if (record.name === begun) begun = undefined;
        last = record.name;
      }
    }
  };
  try {
    const done = results.map((each) => each.name);
    const code = `${runner}\nrun_unit(${JSON.stringify(name)}, ${JSON.stringify(done)}, ${sockets ? "True" : "False"})`;
    const result = await session.run(code, { onOutput });
    const said = result.stopped ?? result.exception?.type ?? `exit code ${result.exitCode}`;
    const where = begun === undefined && last !== "" ? ` after ${last}` : "";
    return { begun, ended, why: `stopped${where}: ${said} ${result.exception?.message ?? ""}`.trim() };
  } finally {
    clearTimeout(watch);
    await session.close();
  }
}
