// The playground for everybody: what axe-core finds in each of its views, and what a keyboard and a phone can do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { openPlayground } from "./playground-page.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe-core has against the page, a line for each element. */
async function violations(page) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
    );
  });
}

describe("the playground for everybody", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const scheme of ["light", "dark"]) {
    test(`axe-core finds nothing in any view, ${scheme}`, async (t) => {
      const prepare = (page) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      const visit = await openPlayground(t, browser, { prepare });
      const found = {};
      const look = async (view) => {
        const faults = await violations(visit.page);
        if (faults.length > 0) found[view] = faults;
      };
      await visit.ready();
      await look("empty");
      await visit.run("rows = [{'a': 1}]\nopen('file.txt', 'w').close()\nprint('x' * 90000)\n1/0");
      await visit.page.click("#variables summary");
      await visit.page.waitForSelector("#variables table");
      await visit.page.waitForSelector("#files li");
      await look("with a failed cell");
      await visit.page.click("#fork");
      await visit.run("display({'text/html': '<table><tr><td>1</td></tr></table>'}, raw=True)");
      await visit.page.click("#undo");
      await visit.waitForText("#later", "in the history");
      await look("with a fork");
      for (const name of ["examples", "share", "about", "sessions", "limits"]) {
        await visit.page.click(`#${name}`);
        await visit.page.waitForSelector("dialog[open]");
        if (name === "share") await visit.page.waitForSelector("dialog .link-row ~ .muted");
        await look(name);
        await visit.page.keyboard.press("Escape");
        await visit.page.waitForFunction(() => document.querySelector("dialog") === null);
      }
      assert.deepEqual(found, {});
      assert.deepEqual(visit.faults, []);
    });
  }
});
