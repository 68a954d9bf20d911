// How the playground is served: by its own command, and by a host of static files that knows nothing of it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { notIsolated, openPlayground } from "./playground-page.mjs";

const script = fileURLToPath(new URL("../../scripts/playground.mjs", import.meta.url));

test("npm run playground tells its address, and serves the page with its headers, types and Brotli", async (t) => {
  const child = spawn(process.execPath, [script, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill());
  const [line] = await once(createInterface(child.stdout), "line");
  const [, url] = /^The playground is at (http:\/\/localhost:\d+\/) /.exec(line);
  const page = await fetch(url, { headers: { "Accept-Encoding": "br" } });
  const headers = Object.fromEntries(page.headers);
  assert.equal(headers["content-type"], "text/html; charset=utf-8");
  assert.equal(headers["cross-origin-opener-policy"], "same-origin");
  assert.equal(headers["cross-origin-embedder-policy"], "require-corp");
  assert.equal(headers["content-encoding"], "br");
  assert.equal(headers["cache-control"], "no-cache");
  assert.match(
    headers["content-security-policy"],
    /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
  );
  assert.doesNotMatch(headers["content-security-policy"], /unsafe-inline/);
  const text = await page.text();
  // The page's own policy is the same, for hosts that send none.
  assert.ok(headers["content-security-policy"].startsWith(/content="(default-src[^"]+)"/.exec(text)[1]));
  const [, main] = /src="(main-[0-9a-f]{12}\.js)"/.exec(text);
  const loaded = await fetch(url + main);
  assert.equal(loaded.headers.get("cache-control"), "public, max-age=31536000, immutable");
  assert.equal(loaded.headers.get("content-type"), "text/javascript; charset=utf-8");
  for (const path of [
    "../package.json",
    "%2e%2e/package.json",
    "..%2fpackage.json",
    "none",
    "runtimes/",
    "%00",
  ]) {
    assert.ok((await fetch(url + path)).status >= 400, path);
  }
  assert.equal((await fetch(url, { method: "POST" })).status, 404);
});

test("npm run playground says which port it cannot have", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  for (const [port, code, words] of [
    [String(server.address().port), 1, /^cannot listen on port \d+: it is in use/],
    ["x", 2, /^--port must be a number/],
  ]) {
    const child = spawn(process.execPath, [script, "--port", port], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.on("data", (data) => {
      said += data;
    });
    const [exitCode] = await once(child, "close");
    assert.deepEqual([exitCode, words.test(said)], [code, true], said);
  }
});

describe("the playground on a static host", { skip: chromiumSkip, timeout: 60_000 }, () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("it works under any path, and isolates itself where the host does not", async (t) => {
    const visit = await openPlayground(t, browser, { path: "/some/where/", isIsolated: false });
    await visit.begin("input('name? ')");
    await visit.page.waitForSelector(".asking input");
    await visit.page.keyboard.type("Ada\n");
    assert.match(await visit.end(), /'Ada'/);
    // Where there is a link, it is still there.
    const fragment = "#share=1.x";
    const other = await openPlayground(t, browser, { path: "/some/where/", isIsolated: false, fragment });
    await other.waitForText("#notices", "damaged");
    assert.equal(await other.page.evaluate(() => crossOriginIsolated), true);
    assert.deepEqual(visit.faults, []);
  });

  test("it works where it cannot be isolated, and says what is not to be had", async (t) => {
    const visit = await openPlayground(t, browser, notIsolated);
    assert.match(await visit.run("import wave, sqlite3\n6 * 7"), /^42\n/);
    await visit.click("JavaScript");
    assert.match(await visit.run("6 * 7"), /^42\n/);
    await visit.click("About");
    await visit.waitForText("dialog", "not cross-origin isolated");
    assert.deepEqual(visit.faults, []);
  });
});
