import assert from "node:assert/strict";
import { test } from "node:test";
import { MountError } from "../vfs/mount-spec.js";
import { UsageError } from "./usage-error.js";
import { parseWasirunArguments } from "./wasirun-arguments.js";

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
  assert.deepEqual(parseWasirunArguments(words).mounts, [
    { hostPath: "a", guestPath: "/x", mode: "ro" },
    { hostPath: "b", guestPath: "/y", mode: "rw" },
    { hostPath: "c:d", guestPath: "/z", mode: "overlay" },
  ]);
  assert.throws(() => parseWasirunArguments(["--mount", "a:b", "m.wasm"]), MountError);
  refuses(/--mount needs a value/, "--mount");
});

test("a variable's value may be empty and hold equals signs, its name may not be empty", () => {
  const { env } = parseWasirunArguments(["--env", "A=b=c", "--env=B=", "--env", "__proto__=x", "m.wasm"]);
  assert.deepEqual(Object.entries(env), [
    ["A", "b=c"],
    ["B", ""],
    ["__proto__", "x"],
  ]);
  refuses(/NAME=VALUE/, "--env", "A", "m.wasm");
  refuses(/NAME=VALUE/, "--env", "=A", "m.wasm");
});

test("the memory limit takes sizes between one mebibyte and what a guest can address", () => {
  assert.equal(parseWasirunArguments(["--max-memory", "512M", "m"]).maxMemoryBytes, 2 ** 29);
  assert.equal(parseWasirunArguments(["--max-memory=4GiB", "m"]).maxMemoryBytes, 2 ** 32);
  assert.equal(parseWasirunArguments(["m"]).maxMemoryBytes, 2 ** 30);
  for (const size of ["5G", "1K", "lots", "-1M", "1.5G", ""])
    refuses(/1M to 4G/, `--max-memory=${size}`, "m");
});

test("raw output is asked for by name alone", () => {
  assert.equal(parseWasirunArguments(["m"]).rawOutput, false);
  assert.equal(parseWasirunArguments(["--raw-output", "m"]).rawOutput, true);
  assert.equal(parseWasirunArguments(["m", "--raw-output"]).rawOutput, false);
  refuses(/--raw-output takes no value/, "--raw-output=yes", "m");
});

test("help and version need no module, and anything else does", () => {
  assert.equal(parseWasirunArguments(["--help"]).action, "help");
  assert.equal(parseWasirunArguments(["--version"]).action, "version");
  refuses(/no module/);
  refuses(/no module/, "--");
  refuses(/unknown option --mnt/, "--mnt=a:/b", "m.wasm");
});
