import { randomBytes } from "node:crypto";
import type { GivenOptions } from "../../cli/parse-options.js";
import { tell } from "../../cli/tell.js";
import { UsageError } from "../../cli/usage-error.js";
import { isName, nameRule } from "../spec/names.js";
import { makeToken, usualVerbs, type Verb, verbs } from "../tokens/token-file.js";

/** Makes a token: its line of the file on standard output, and itself on standard error. */
export async function token(given: GivenOptions): Promise<number> {
  const { tokenName = `token-${randomBytes(4).toString("hex")}`, tokenPrefix = "", tokenVerbs } = given;
  if (!isName(tokenName)) throw new UsageError(`--name takes ${nameRule}`);
  if (tokenPrefix !== "" && !isName(tokenPrefix)) throw new UsageError(`--prefix takes ${nameRule}`);
  const wanted = tokenVerbs === undefined ? usualVerbs : tokenVerbs.split(",").map(verbOf);
  const { token, line } = makeToken(tokenName, tokenPrefix, wanted);
  process.stdout.write(`${line}\n`);
  tell("wasm-repl", `the token ${tokenName}, which is shown this once: ${token}`);
  return 0;
}

function verbOf(text: string): Verb {
  const verb = verbs.find((each) => each === text.trim());
  if (verb === undefined) throw new UsageError(`--verbs takes ${verbs.join(", ")}, with commas between them`);
  return verb;
}
