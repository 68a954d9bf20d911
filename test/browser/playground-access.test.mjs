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

  test("everything can be done by the keyboard, and what happens is told", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.ready();
    const { keyboard } = visit.page;
    const press = async (...keys) => {
      for (const key of keys.slice(0, -1)) await keyboard.down(key);
      await keyboard.press(keys.at(-1));
      for (const key of keys.slice(0, -1)) await keyboard.up(key);
    };
    const told = (text) => visit.waitForText("#announcer", text);
    const focused = () =>
      visit.page.evaluate(
        () =>
          document.activeElement.innerText || document.activeElement.ariaLabel || document.activeElement.id,
      );
    await visit.page.focus(">>> .cm-content");
    await keyboard.type("x = 6");
    await press("Control", "Enter");
    await told("Cell 1 has run");
    await keyboard.type("x * 7");
    await press("Shift", "Enter");
    await told("Cell 2 has run: 42");
    assert.equal(await visit.code(), "x * 7");
    await press("Control", "a");
    await keyboard.type("while True: pass");
    await press("Control", "Enter");
    await visit.page.waitForSelector("#stop:not([hidden])");
    await press("Control", ".");
    await told("Cell 3 failed: KeyboardInterrupt");
    // Earlier cells, at the edge of the editor.
    await press("Control", "a");
    await press("Backspace");
    await press("ArrowUp");
    assert.equal(await visit.code(), "while True: pass");
    await press("ArrowUp");
    assert.equal(await visit.code(), "x * 7");
    // Out of the editor, and along the buttons.
    await press("Escape");
    await press("Tab");
    assert.equal(await focused(), "Run");
    await press("Tab");
    assert.equal(await focused(), "Undo");
    await press("Enter");
    await told("Undone: while True: pass");
    // In the history, up and down.
    await visit.page.focus("#tree [aria-current]");
    await press("ArrowUp");
    await press("Enter");
    await told("At the state after: x = 6");
    assert.equal(await focused(), "x = 6");
    // A dialog has the focus while it is open, and gives it back.
    await visit.page.focus("#about");
    await press("Enter");
    await visit.page.waitForSelector("dialog");
    assert.equal(await focused(), "About");
    await press("Escape");
    await visit.waitFor(() => document.activeElement.id === "about");
  });

  test("on a phone each part of the page has the screen, and axe-core finds nothing", async (t) => {
    const prepare = async (page) => {
      await page.setViewport({ width: 390, height: 844, isMobile: true, hasTouch: true });
      await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
    };
    const visit = await openPlayground(t, browser, { prepare });
    const found = {};
    await visit.run("x = 'y' * 500\nopen('a.txt', 'w').close()\nx");
    for (const view of ["cells", "history", "variables", "files"]) {
      await visit.page.tap(`#views [data-view=${view}]`);
      await visit.waitFor((view) => document.body.dataset.view === view, view);
      const faults = await violations(visit.page);
      const width = await visit.page.evaluate(() => document.documentElement.scrollWidth);
      if (faults.length > 0 || width > 390) found[view] = [width, ...faults];
    }
    assert.deepEqual(found, {});
    await visit.page.tap("#views [data-view=cells]");
    await visit.page.tap("#more");
    await visit.click("Share", "dialog");
    await visit.waitForText("dialog", "The session, as a link");
    assert.equal(
      await visit.page.$eval("button", (button) => getComputedStyle(button).transitionDuration),
      "0s",
    );
    // Less memory, since phones end pages that take much.
    await visit.page.keyboard.press("Escape");
    await visit.waitForText("#limits", "of 256 MB");
  });

  test("light and dark are the system's, until the visitor chooses", async (t) => {
    const ground = (page) => page.$eval("body", (body) => getComputedStyle(body).backgroundColor);
    const prepare = (page) => page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    const visit = await openPlayground(t, browser, { prepare });
    const dark = await ground(visit.page);
    await visit.click("Light colours");
    const light = await ground(visit.page);
    assert.notEqual(light, dark);
    await visit.page.reload();
    assert.equal(await ground(visit.page), light);
    await visit.click("Dark colours");
    assert.equal(await ground(visit.page), dark);
  });

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
      const link = await visit.link("Link with the session");
      await visit.follow(link);
      await visit.page.waitForSelector("dialog[open]");
      await look("a shared session");
      assert.deepEqual(found, {});
      assert.deepEqual(visit.faults, []);
    });
  }
});
