import assert from "node:assert/strict";
import { test } from "node:test";
import { MountError } from "../vfs/mount-spec.js";
import { parseRunnerArguments, parseWasirunArguments } from "./arguments.js";
import { sessionOptions } from "./session-options.js";

import { UsageError } from "./usage-error.js";

function refuses(message: RegExp, ...words: string[]): void {
  assert.throws(
    () => parseWasirunArguments(words),
    (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes("\n"),
  );
}

test("everything behind the module belongs to the guest, options included", () => {
  const { module, args } = parseWasirunArguments(["--env", "A=1", "m.wasm", "--env", "B=2", "--help", "-x"]);
  assert.equal(module, "m.wasm");
  assert.deepEqual(args, ["--env", "B=2", "--help", "-x"]);
});

test("one double dash before or behind the module is dropped, a second is the guest's", () => {
  assert.deepEqual(parseWasirunArguments(["--", "m.wasm", "-e", "1"]).args, ["-e", "1"]);
  assert.deepEqual(parseWasirunArguments(["m.wasm", "--", "-e", "1"]).args, ["-e", "1"]);
  assert.deepEqual(parseWasirunArguments(["m.wasm", "--", "--", "x"]).args, ["--", "x"]);
  assert.deepEqual(parseWasirunArguments(["--", "m.wasm", "--", "x"]).args, ["--", "x"]);
  assert.equal(parseWasirunArguments(["--", "-odd.wasm"]).module, "-odd.wasm");
});

test("a mount is read-only unless said otherwise, and what is no mount is refused", () => {
  const words = ["--mount", "a:/x", "--mount=b:/y:rw", "--mount", "c:d:/z:overlay", "m.wasm"];
  assert.deepEqual(parseWasirunArguments(words).given.mounts, [
    { hostPath: "a", guestPath: "/x", mode: "ro" },
    { hostPath: "b", guestPath: "/y", mode: "rw" },
    { hostPath: "c:d", guestPath: "/z", mode: "overlay" },
  ]);
  assert.throws(() => parseWasirunArguments(["--mount", "a:b", "m.wasm"]), MountError);
  refuses(/--mount needs a value/, "--mount");
});

test("a variable's value may be empty and hold equals signs, its name may not be empty", () => {
  const { given } = parseWasirunArguments(["--env", "A=b=c", "--env=B=", "--env", "__proto__=x", "m.wasm"]);
  assert.deepEqual(Object.entries(sessionOptions(given).env ?? {}), [
    ["A", "b=c"],
    ["B", ""],
    ["__proto__", "x"],
  ]);
  refuses(/NAME=VALUE/, "--env", "A", "m.wasm");
  refuses(/NAME=VALUE/, "--env", "=A", "m.wasm");
});

test("the memory limit takes sizes between one mebibyte and what a guest can address", () => {
  const memoryBytes = (...words: string[]) => parseWasirunArguments([...words, "m"]).given.memoryBytes;
  assert.equal(memoryBytes("--max-memory", "512M"), 2 ** 29);
  assert.equal(memoryBytes("--max-memory=4GiB"), 2 ** 32);
  assert.equal(memoryBytes("--max-memory", "1.5g"), 1.5 * 2 ** 30);
  assert.equal(memoryBytes("--max-memory", "2097152"), 2 ** 21);
  assert.equal(memoryBytes(), undefined);
  for (const size of ["5G", "1K", "lots", "-1M", "1.5.5G", "1Gi", "1T", "constructor", "1constructor", ""])
    refuses(/--max-memory takes a size from 1M to 4G/, `--max-memory=${size}`, "m");
});

test("raw output is asked for by name alone", () => {
  assert.equal(parseWasirunArguments(["m"]).given.rawOutput, undefined);
  assert.equal(parseWasirunArguments(["--raw-output", "m"]).given.rawOutput, true);
  assert.equal(parseWasirunArguments(["m", "--raw-output"]).given.rawOutput, undefined);
  refuses(/--raw-output takes no value/, "--raw-output=yes", "m");
});

test("help and version need no module, and anything else does", () => {
  assert.equal(parseWasirunArguments(["--help"]).action, "help");
  assert.equal(parseWasirunArguments(["--version"]).action, "version");
  refuses(/no module/);
  refuses(/no module/, "--");
  refuses(/unknown option --mnt/, "--mnt=a:/b", "m.wasm");
});

const python = (...words: string[]) => parseRunnerArguments("pyrunner", words);
const javascript = (...words: string[]) => parseRunnerArguments("jsrunner", words);
function runnerRefuses(message: RegExp, ...words: string[]): void {
  assert.throws(
    () => python(...words),
    (error) => error instanceof UsageError && message.test(error.message) && !error.message.includes("\n"),
  );
}

test("a program begins behind its option, its script or a dash, and the rest is its own", () => {
  const code = { type: "code", code: "1", print: false };
  assert.deepEqual(python("-q", "-c", "1", "-q", "--env"), {
    action: code,
    rest: ["-q", "--env"],
    given: { quiet: true, code: "1" },
  });
  assert.deepEqual(python("-c1", "--help").action, code);
  assert.deepEqual(javascript("--print=1").action, { ...code, print: true });
  assert.deepEqual(javascript("-pe", "1").action, { ...code, print: true });
  assert.deepEqual(python("-m", "json.tool", "-h").rest, ["-h"]);
  assert.deepEqual(python("a.py", "-c", "1"), {
    action: { type: "script", path: "a.py" },
    rest: ["-c", "1"],
    given: {},
  });
  assert.deepEqual(python("-", "-c").action, { type: "stdin", explicit: true });
  assert.deepEqual(python("--", "-c", "x").action, { type: "script", path: "-c" });
  assert.deepEqual(python("--").action, { type: "stdin", explicit: false });
  assert.deepEqual(python().action, { type: "stdin", explicit: false });
});

test("of an option that is given twice the last one counts, unless each does", () => {
  const { given } = python("--timeout", "1s", "--timeout=1.5m", "--env", "A=1", "--env", "A=2", "-c", "");
  assert.equal(given.timeoutMs, 90_000);
  assert.deepEqual(sessionOptions(given), { env: { A: "2" }, timeoutMs: 90_000 });
});

test("letters may stand together, the last with its value, and some count how often they are given", () => {
  assert.deepEqual(python("-qic", "1", "-q"), {
    action: { type: "code", code: "1", print: false },
    rest: ["-q"],
    given: { quiet: true, interactive: true, code: "1" },
  });
  assert.deepEqual(python("-Ic1").given, { isolated: true, code: "1" });
  const { given } = python("-OuO", "-Wignore", "-W", "error", "-vX", "dev", "-BEPsS", "a.py");
  assert.deepEqual(sessionOptions(given).interpreterOptions, [
    ...["-B", "-E", "-P", "-s", "-S", "-u", "-O", "-O", "-v", "-Wignore", "-Werror", "-Xdev"],
  ]);
  assert.deepEqual(python("-VV").given, { version: 2 });
  assert.equal(sessionOptions(python("a.py").given).interpreterOptions, undefined);
});

test("an option of the interpreter with a value that it cannot have is refused", () => {
  runnerRefuses(/-Xint_max_str_digits with 0 or a number from 640/, "-X", "int_max_str_digits=10", "a.py");
  runnerRefuses(/a number from 1 to 65535, not many/, "-Xtracemalloc=many", "a.py");
  runnerRefuses(/^-W needs a value$/, "-W", "", "a.py");
  runnerRefuses(/^-X needs a value$/, "-X");
});

test("an option that is not known is refused, with the one that was meant where that is clear", () => {
  runnerRefuses(/^unknown option --nonsense$/, "--nonsense");
  runnerRefuses(/^unknown option --timout; did you mean --timeout\?$/, "--timout=3s");
  runnerRefuses(/did you mean --max-output\?$/, "--max-ouptut", "3");
  runnerRefuses(/did you mean --max-memory\?$/, "--memory", "3");
  runnerRefuses(/did you mean --help\?$/, "-help");
  runnerRefuses(/^unknown option -x$/, "-x");
  runnerRefuses(/^unknown option -iz$/, "-iz");
  runnerRefuses(/^unknown option --$/, "--=x");
  runnerRefuses(/^unknown option --a b$/, "--a\r\nb");
  // What another command knows is not meant.
  runnerRefuses(/^unknown option --eval$/, "--eval", "1");
  assert.throws(() => javascript("--runtime", "x"), /^UsageError: unknown option --runtime$/);
});

test("a value that is missing, wrong or too many is refused", () => {
  runnerRefuses(/^-c needs a value$/, "-c");
  runnerRefuses(/^--jsonl takes no value$/, "--jsonl=1");
  runnerRefuses(/^--timeout takes a time such as 2s, 500ms or 2m, not "0"$/, "--timeout", "0");
  runnerRefuses(/^--max-files takes a positive whole number, not "1.5"$/, "--max-files", "1.5");
  runnerRefuses(/^--session needs the path of a file$/, "--session=");
});

test("options that do not go together are refused, but not beside a call for help", () => {
  runnerRefuses(/^--read-only goes with --session$/, "--read-only", "-c", "1");
  runnerRefuses(/^--raw-output does not go with --jsonl: /, "--raw-output", "--jsonl");
  runnerRefuses(/^--jsonl reads its code from standard input/, "--jsonl", "-c", "1");
  runnerRefuses(/^--jsonl reads its code from standard input/, "--jsonl", "a.py");
  runnerRefuses(/^--mcp reads its code from its client/, "--mcp", "a.py");
  runnerRefuses(/^--max-live goes with --jsonl or --mcp$/, "--max-live", "3", "a.py");
  assert.equal(python("--read-only", "--help").action.type, "help");
});
