// What a visitor of the playground sees when something is wrong: storage, links, files that do not come, runs that do not end.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { createSession } from "wasm-repl";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { notIsolated, openPlayground } from "./playground-page.mjs";

/** A link as the page makes them, of anything. */
function linkOf(head, snapshot = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return `#share=1.${deflateRawSync(Buffer.concat([length, text, snapshot])).toString("base64url")}`;
}

/** A snapshot that says that it is of another interpreter, and is right in all else. */
async function ofAnotherVersion() {
  const session = await createSession("python");
  await session.run("x = 1");
  const snapshot = Buffer.from(await session.snapshot());
  await session.close();
  const start = 8 + 4 + 32;
  const length = snapshot.readUInt32LE(8);
  const header = JSON.parse(snapshot.subarray(start, start + length).toString());
  const text = Buffer.from(JSON.stringify({ ...header, runtimeId: "0".repeat(64), packageVersion: "9.9.9" }));
  const sized = Buffer.alloc(4);
  sized.writeUInt32LE(text.length);
  const digest = createHash("sha256").update(text).digest();
  return Buffer.concat([snapshot.subarray(0, 8), sized, digest, text, snapshot.subarray(start + length)]);
}

describe("the playground in bad cases", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  /** A page that tests share, each with a session of its own. */
  let shared;
  before(async () => {
    browser = await launchChromium();
    shared = await openPlayground({ after() {} }, browser);
  });
  after(async () => {
    await browser.close();
    shared.closeServer();
  });

  test("where the browser refuses to keep anything, it says so, and everything else works", async (t) => {
    const prepare = (page) =>
      page.evaluateOnNewDocument(() => {
        StorageManager.prototype.getDirectory = async () => {
          throw new DOMException("no", "SecurityError");
        };
        Storage.prototype.getItem = Storage.prototype.setItem = () => {
          throw new DOMException("no", "SecurityError");
        };
      });
    const visit = await openPlayground(t, browser, { prepare });
    await visit.waitForText("#notices", "The browser refuses to keep anything.");
    await visit.run("x = 1");
    await visit.run("x += 1");
    assert.equal(await visit.text("#kept"), "Not kept");
    await visit.click("Undo");
    await visit.ready();
    assert.match(await visit.run("x"), /^1\n/);
  });

  test("where the storage is full, what could not be kept goes on, and is kept once there is room", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run("x = 1");
    await visit.waitForText("#kept", "Kept");
    const client = await visit.page.createCDPSession();
    const origin = new URL(visit.url).origin;
    await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await visit.run("import random\nrubbish = random.randbytes(200_000)");
    await visit.waitForText("#notices", "The browser's storage is full.");
    assert.equal(await visit.text("#kept"), "Not kept");
    await visit.click("Undo");
    await visit.ready();
    await client.send("Storage.overrideQuotaForOrigin", { origin });
    assert.match(await visit.run("y = 2"), /ms$/);
    await visit.waitForText("#kept", "Kept");
    assert.equal((await visit.texts("#notices p")).join(), "");
  });

  test("a link with a state of another version is told from a damaged one, and its cells can be opened", async (t) => {
    const fragment = linkOf({ language: "python", cells: ["x = 1", "x + 1"] }, await ofAnotherVersion());
    const visit = await openPlayground(t, browser, { fragment });
    await visit.waitForText("dialog", "made by wasm-repl 9.9.9");
    await visit.click("Open", "dialog");
    await visit.waitForText("#notices", "made with another version of the interpreter");
    await visit.click("Begin anew with its cells");
    await visit.ready();
    await visit.click("Run all");
    await visit.waitFor(() => document.querySelectorAll("#cells .cell").length === 2);
    assert.match(await visit.end(), /^2\n/);
  });

  test("damaged links say that they are, in one line, and the page begins as ever", async (t) => {
    const good = linkOf({ language: "python", cells: ["x = 1"] });
    const bomb = `#share=1.${deflateRawSync(Buffer.alloc(40_000_000)).toString("base64url")}`;
    const links = {
      [good.slice(0, -5)]: "is damaged",
      [`${good.slice(0, 20)}!${good.slice(21)}`]: "is damaged",
      "#share=1.": "is damaged",
      "#share=7.abc": "another version of this page",
      [bomb]: "is damaged",
      [linkOf({ language: "cobol", cells: [] })]: "is damaged",
      [linkOf({ language: "python", cells: [{}] })]: "is damaged",
      [`#share=1.${"A".repeat(1_600_000)}`]: "too long",
    };
    const visit = await openPlayground(t, browser, { fragment: Object.keys(links)[0] });
    await visit.ready();
    for (const [fragment, words] of Object.entries(links)) {
      await visit.follow(visit.url + fragment);
      await visit.waitForText("[data-notice=link]", words);
      await visit.click("Put this message away", "[data-notice=link]");
    }
    // A browser may not even go to one of ten megabytes.
    await visit.follow(`${visit.url}#share=1.${"A".repeat(10_000_000)}`);
    assert.match(await visit.run("6 * 7"), /^42\n/);
    assert.equal(await visit.page.$("dialog"), null);
    assert.deepEqual(visit.faults, []);
  });

  test("a link whose state is damaged opens nothing, and says so", async (t) => {
    const snapshot = await ofAnotherVersion();
    snapshot[60] ^= 1;
    const visit = await openPlayground(t, browser, {
      fragment: linkOf({ language: "python", cells: ["x = 1"] }, snapshot),
    });
    await visit.waitForText("dialog", "Its state cannot be read");
    await visit.click("Open", "dialog");
    await visit.waitForText("[data-notice=link]", "damaged");
    assert.match(await visit.run("6 * 7"), /^42\n/);
  });

  test("an interpreter that comes half is fetched again, then it says why there is none, and retries when asked", async (t) => {
    let count = 0;
    let isBroken = true;
    const answer = (request, response) => {
      if (!isBroken || !request.url.includes("python.image")) return false;
      count++;
      response.writeHead(200, { "Content-Length": 13_000_000 });
      response.write(Buffer.alloc(50_000), () => response.destroy());
      return true;
    };
    const visit = await openPlayground(t, browser, { answer });
    await visit.waitForText("#notices", "The interpreter could not be loaded:");
    assert.equal(count, 2);
    assert.equal(await visit.page.$eval("#run", ({ disabled }) => disabled), true);
    isBroken = false;
    await visit.click("Retry");
    assert.match(await visit.run("6 * 7"), /^42\n/);
    assert.equal((await visit.texts("#notices p")).join(), "");
  });

  test("a tab that was frozen goes on, and one that was discarded is where it was when it is opened again", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run("x = 1");
    const client = await visit.page.createCDPSession();
    await client.send("Page.setWebLifecycleState", { state: "frozen" });
    await client.send("Page.setWebLifecycleState", { state: "active" });
    // It is seen again when somebody comes back to it.
    await (await visit.context.newPage()).bringToFront();
    await visit.page.bringToFront();
    assert.match(await visit.run("x += 1\nx"), /^2\n/);
    await visit.waitForText("#kept", "Kept");
    // Chromium discards a page as it does one that crashes.
    const address = visit.page.url();
    await visit.page.goto("about:blank");
    await visit.page.goto(address);
    assert.match(await visit.run("x += 1\nx"), /^3\n/);
  });

  test("a run that never ends is stopped on a page that is not isolated, and the state before it is kept", async (t) => {
    const visit = await openPlayground(t, browser, notIsolated);
    await visit.run("x = 1");
    await visit.begin("x = 2\nwhile True: pass");
    await visit.click("Stop");
    assert.match(await visit.end(), /Stopped by force\. The session is as it was before this cell\./);
    assert.match(await visit.run("x"), /^1\n/);
    assert.match(await visit.run("input()"), /EOFError/);
    assert.deepEqual(visit.faults, []);
  });

  test("a run that never ends is stopped on an isolated page, and keeps what it had defined", async () => {
    const visit = await shared.fresh();
    await visit.begin("x = 2\nwhile True: pass");
    await visit.click("Stop");
    assert.match(await visit.end(), /KeyboardInterrupt[\s\S]*Stopped/);
    assert.match(await visit.run("x"), /^2\n/);
  });

  test("a session that goes over its memory, or its time, is stopped and goes on, and the limits can be changed", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run("x = 1");
    const setLimits = async (memory, time) => {
      await visit.click(await visit.text("#limits"), ".tools");
      await visit.page.waitForSelector("dialog");
      await visit.page.select("#limit-memory", String(memory * 2 ** 20));
      await visit.page.select("#limit-time", String(time));
      await visit.click("Apply");
      await visit.waitForText("#limits", `of ${memory} MB`);
      await visit.ready();
    };
    await setLimits(64, 1000);
    assert.match(
      await visit.run("hoard = []\nwhile True: hoard.append(bytearray(1_000_000))"),
      /Stopped at the memory limit/,
    );
    assert.match(await visit.run("hoard = None\nx"), /^1\n/);
    assert.match(await visit.run("while True: pass"), /Stopped at the time limit/);
    assert.match(await visit.run("x"), /^1\n/);
  });
});
