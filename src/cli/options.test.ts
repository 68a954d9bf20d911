import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { CommandName } from "./command.js";
import { helpOf } from "./help.js";
import { options, optionsOf } from "./options.js";

const commands: readonly CommandName[] = [
  "pyrunner",
  "jsrunner",
  "wasirun",
  "wasm-repl",
  "wasm-repl serve",
  "wasm-repl token",
];

test("no two options of a command have a name in common, and those that others speak of are there", () => {
  for (const command of commands) {
    const known = optionsOf(command).map(([, option]) => option);
    const names = known.flatMap((option) => option.names);
    assert.equal(new Set(names).size, names.length, command);
    for (const { needs, excludes } of known) {
      const others = [...(needs ?? []), ...Object.keys(excludes ?? {})];
      // An option of several commands may exclude one that some of them do not have.
      const all = Object.values(options).flatMap((option) => [...option.names] as string[]);
      for (const name of others) assert.ok(all.includes(name), name);
    }
  }
});

test("an option has a placeholder if it has a value", () => {
  for (const command of commands)
    for (const [key, { value, placeholder }] of optionsOf(command))
      assert.equal(value === undefined, placeholder === undefined, key);
});

for (const command of commands) {
  test(`the help of ${command} has each of its options, and no long line`, () => {
    const help = helpOf(command);
    assert.ok(help.startsWith(`sage: ${command} `, 1));
    for (const [, { names }] of optionsOf(command)) assert.ok(help.includes(names.at(0) as string));
    for (const line of help.split("\n")) assert.ok(line.length <= 100 && line === line.trimEnd(), line);
  });
}

/** The options in the tables of a page, as `-c CODE` stands there, each with the text of the second column. */
function documented(page: string): Map<string, string> {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| (`-[^|]*) \| ([^|]*) \|/gm)];
  return new Map(
    rows.flatMap(([, first = "", second = ""]) =>
      [...first.matchAll(/`(-[^`]*)`/g)].map(([, typed = ""]) => [typed, second] as const),
    ),
  );
}

/** As the documentation writes it: each name with the value's placeholder. */
const typed = (command: CommandName) =>
  optionsOf(command).flatMap(([, { names, placeholder }]) =>
    names.map((name) => (placeholder === undefined ? name : `${name} ${placeholder}`)),
  );

test("docs/command-line.md has the options of pyrunner and jsrunner, and says whose they are", () => {
  const rows = documented("command-line.md");
  // `-` is no option, but stands among them.
  rows.delete("-");
  const expected = new Map<string, string>();
  for (const name of typed("pyrunner")) expected.set(name, "pyrunner");
  for (const name of typed("jsrunner")) expected.set(name, expected.has(name) ? "both" : "jsrunner");
  assert.deepEqual(new Map([...rows].sort()), new Map([...expected].sort()));
});

test("docs/wasi.md has the options of wasirun", () => {
  assert.deepEqual([...documented("wasi.md").keys()].sort(), typed("wasirun").sort());
});
