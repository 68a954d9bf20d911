// npm run conformance -- python|javascript [NAME ...] [options]
// Runs a language's own test suite in the bundled guest and prints a table; see README.md beside this file.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runtimeId } from "../../dist/index.js";
import { judge, matches, readExpected } from "./expected.mjs";
import * as javascript from "./javascript.mjs";
import * as python from "./python.mjs";
import { openRecord } from "./record.mjs";
import { formatTable, formatUnexpected } from "./table.mjs";

const languages = { python, javascript };
const { values: options, positionals } = readArguments({
  suite: { type: "string" },
  expected: { type: "string" },
  results: { type: "string" },
  jobs: { type: "string", default: "2" },
  sample: { type: "string", default: "1" },
  "test-timeout": { type: "string", default: "60" },
  "max-memory": { type: "string", default: "512" },
  sockets: { type: "boolean", default: false },
  resume: { type: "boolean", default: false },
});
const [language, ...names] = positionals;
if (!Object.hasOwn(languages, language ?? "")) fail("say which suite to run: python or javascript");
const { findSuite, listUnits, runUnit, whereToGet } = languages[language];
const [jobs, sample, seconds, megabytes] = ["jobs", "sample", "test-timeout", "max-memory"].map(wholeNumber);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const directory = options.suite ?? here(`../../build/suites/${language}`);
const suite = findSuite(directory);
if (suite === undefined) fail(`no test suite is in ${directory} (--suite DIR): ${whereToGet}`);
const expected = readExpected(options.expected ?? here(`expected-${language}.txt`));
const file = options.results ?? here(`../../build/conformance/${language}.jsonl`);
if (options.resume && !existsSync(file)) fail(`there is nothing to go on with in ${file}`);
const limits = {
  suite,
  testTimeoutMs: seconds * 1000,
  memoryBytes: megabytes * 2 ** 20,
  sockets: options.sockets,
};
const all = listUnits(suite);
const strangers = names.filter((name) => !all.some((unit) => matches(name, unit.name)));
if (strangers.length > 0) fail(`the suite has no ${strangers.join(", ")}`);
const units = all
  .filter((unit) => names.length === 0 || names.some((name) => matches(name, unit.name)))
  .filter((unit) => isInSample(unit.name));

/** A unit's place in samples depends on its name alone, so that it is the same in the suite's next version. */
function isInSample(name) {
  return createHash("sha256").update(name).digest().readUInt32BE() % sample === 0;
}

function readArguments(options) {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return fail(error.message);
  }
}

function wholeNumber(name) {
  const value = Number(options[name]);
  return Number.isInteger(value) && value >= 1 ? value : fail(`--${name} takes a whole number from 1 on`);
}

function fail(line) {
  console.error(`conformance: ${line}`);
  process.exit(2);
}

const header = { runtime: await runtimeId(language), sample, ...limits };
const record = openRecord(file, header, options.resume);
const waiting = units.filter((unit) => !record.units.has(unit.name));
let left = waiting.length;
async function work() {
  for (let unit = waiting.shift(); unit !== undefined; unit = waiting.shift()) {
    const results = await runUnit(unit, limits);
    record.add(unit.name, results);
    left--;
    for (const result of results) {
      if (judge(result, expected) === "unexpected")
        console.error(`${result.name}: ${result.message.split("\n")[0]}`);
    }
    if (left % 100 === 0 || language === "python") console.error(`${unit.name} is done, ${left} are left`);
  }
}
await Promise.all(Array.from({ length: jobs }, work));

const judged = units.flatMap(({ name, group }) =>
  record.units.get(name).map((result) => ({ ...result, group, verdict: judge(result, expected) })),
);
console.log(formatTable(judged));
console.log(formatUnexpected(judged));
process.exitCode = judged.some(({ verdict }) => verdict === "unexpected" || verdict === "surprise") ? 1 : 0;
