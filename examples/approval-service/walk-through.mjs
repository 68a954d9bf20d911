// All of it in one process: a service that ends and begins again while code waits in it, and a page for the decisions.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "wasm-repl/client";
import { createService } from "wasm-repl/server";
import { ask } from "./ask.mjs";
import { startPage } from "./page.mjs";

const data = mkdtempSync(join(tmpdir(), "wasm-repl-approvals-"));
const monday = await createService({ data, port: 0 });
const asking = connect({ url: monday.address });
for (const [what, amount] of [
  ["tea", 3],
  ["the rent", 500],
  ["a <b>boat</b>", 20_000],
]) {
  const { suspended, output } = await ask(asking, what, amount);
  console.log(suspended === undefined ? output.trim() : `${what}: waits for a person`);
}
await monday.close();
console.log("no process runs, and nothing is lost");

const friday = await createService({ data, port: 0 });
const page = await startPage(connect({ url: friday.address }), 0);

/** As a browser does it, when a button of the page is pressed. */
async function press(action, decision) {
  const body = new URLSearchParams({ decision });
  const response = await fetch(new URL(action, page.url), {
    method: "POST",
    body,
    headers: { origin: page.url },
  });
  const [, told] = /role="status">([^<]*)</.exec(await response.text());
  console.log(told.trim());
}

const html = await (await fetch(page.url)).text();
const entries = [...html.matchAll(/<h2[^>]*>(.*)<\/h2>\s*<form method="post" action="([^"]*)"/g)];
for (const [, text] of entries) console.log(`on the page: ${text}`);
const [[, , boat], [, , rent]] = entries;
await press(rent, "yes");
await press(boat, "no");
await press(boat, "yes");

await page.close();
await friday.close();
rmSync(data, { recursive: true });
