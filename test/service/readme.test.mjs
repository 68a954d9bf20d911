// The README's commands of the service, as a newcomer types them, with a kill -9 before the last one.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { finish, start } from "../commands.mjs";
import { root } from "../doc-examples.mjs";
import { temporaryDirectory } from "./service.mjs";

const folder = temporaryDirectory();
after(() => rmSync(folder, { recursive: true, force: true }));

const readme = readFileSync(join(root, "README.md"), "utf8");
const [, block] = /^```sh\n(npx wasm-repl serve .*?)^```$/ms.exec(readme) ?? [];
const [first, ...requests] = block.trimEnd().split("\n");

/** The first line of the README, but with a port that is free. */
async function serve() {
  const words = first.split(" ").slice(2);
  const child = start("wasm-repl", [...words, "--listen", "127.0.0.1:0"], { cwd: folder });
  const [line] = await once(child.stdout, "data");
  const [, address] = /^listening on http:\/\/(\S+)\n/.exec(String(line)) ?? [];
  return { child, address };
}

const skip = spawnSync("curl", ["--json", "{}", "--version"]).status !== 0 && "needs curl 7.82 or later";

test("the README's commands give what it says, also after kill -9", { skip }, async () => {
  const ask = (line, address) =>
    execFileSync("sh", ["-c", `${line.replace("localhost:7070", address)} --silent`], { encoding: "utf8" });
  const before = await serve();
  for (const line of requests.slice(0, -1)) ask(line, before.address);
  before.child.kill("SIGKILL");
  await finish(before.child);

  const again = await serve();
  const [, said] = /The last answer has `(.*?)`/.exec(readme);
  assert.ok(requests.length >= 3);
  assert.ok(ask(requests.at(-1), again.address).includes(said));
  again.child.kill();
  assert.equal((await finish(again.child)).code, 0);
});
