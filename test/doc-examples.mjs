// The examples of the README, of docs/ and of examples/
//
// - A block marked `console` holds commands after `$ `, each followed by all that it prints. `npx NAME` runs the
//   built command, and `node examples/` one of the examples.
// - A block marked `js` is run as an ES module. Each line with `// text` at its end, after a call of console.log,
//   must print that text.
import { readdirSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

function blocks(text, language) {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, marked]) => marked === language)
    .map(([, , content]) => content);
}

function commandsOf(block) {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), expected: part.slice(end + 1) };
    });
}

/** What a shell runs for a command of the documentation, with `shellEnvironment`. */
export function shellScript(command) {
  const here = command
    .replace(/\bnpx (pyrunner|jsrunner|wasirun)\b/g, '"$ROOT/dist/$1.cjs"')
    .replace(/\bnode examples\//g, 'node "$ROOT"/examples/');
  return `{ ${here}\n} 2>&1`;
}

export const shellEnvironment = {
  ...process.env,
  ROOT: root,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
};

/** Each page with its commands, as `{ command, expected }`, and its JavaScript examples. */
export const pages = [
  "README.md",
  "examples/README.md",
  ...readdirSync(join(root, "docs")).map((name) => join("docs", name)),
]
  .filter((name) => name.endsWith(".md"))
  .map((name) => {
    const text = readFileSync(join(root, name), "utf8");
    return { name, commands: blocks(text, "console").flatMap(commandsOf), scripts: blocks(text, "js") };
  });
