// The playground as a visitor sees it: cells, states to go back to, variables, files, and what is kept.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { openPlayground } from "./playground-page.mjs";

describe("the playground", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  test("a cell is run and kept, its value and its output are shown, and variables are listed", async (t) => {
    const visit = await openPlayground(t, browser);
    assert.match(await visit.run("x = 6 * 7\nprint('out')\nx"), /^out\n42\n/);
    assert.equal(await visit.code(), "");
    await visit.waitForText("#variables", "42");
    assert.deepEqual(await visit.steps(), ["Start", "* x = 6 * 7"]);
    await visit.waitForText("#kept", "Kept in this browser");
    assert.deepEqual(visit.faults, []);
  });
});
