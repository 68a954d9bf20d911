#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandName } from "../../cli/command.js";
import { type ExitStatus, endProcess } from "../../cli/end-process.js";
import { type GivenOptions, parseOptions } from "../../cli/parse-options.js";
import { tell } from "../../cli/tell.js";
import { UsageError, usageExitCode } from "../../cli/usage-error.js";
import { packageRoot } from "../../node/package-root.js";

const name = "wasm-repl";

/** What it does, by the first word. */
const actions: Readonly<Record<string, (given: GivenOptions) => Promise<ExitStatus>>> = {
  serve: async (given) => (await import("./serve.js")).serve(given),
  token: async (given) => (await import("./token.js")).token(given),
};

async function act(words: readonly string[]): Promise<ExitStatus> {
  const [first = "", ...others] = words;
  const action = Object.hasOwn(actions, first) ? actions[first] : undefined;
  const command = (action === undefined ? name : `${name} ${first}`) as CommandName;
  const { given, rest } = parseOptions(command, action === undefined ? words : others);
  if (given.help) {
    const { helpOf } = await import("../../cli/help.js");
    process.stdout.write(helpOf(command));
    return 0;
  }
  if (given.version) {
    const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
    process.stdout.write(`${name} ${version}\n`);
    return 0;
  }
  if (action === undefined) {
    const known = Object.keys(actions).join(" or ");
    throw new UsageError(
      first === "" ? `it takes ${known}` : `there is no ${JSON.stringify(first)}: it takes ${known}`,
    );
  }
  if (rest.length > 0) throw new UsageError(`${first} takes options only, not ${JSON.stringify(rest[0])}`);
  return action(given);
}

act(process.argv.slice(2)).then(endProcess, (error: unknown) => {
  const isUsage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  tell(name, isUsage ? `${message} (see ${name} --help)` : message);
  endProcess(isUsage || Object(error).name === "ServiceRefused" ? usageExitCode : 1);
});
