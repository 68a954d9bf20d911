// What of the playground outlives the page, or leaves it: storage, tabs, links, and files that go to the command and back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { openPlayground } from "./playground-page.mjs";

const command = (name) => fileURLToPath(new URL(`../../dist/${name}.cjs`, import.meta.url));

describe("sessions of the playground", { skip: chromiumSkip, timeout: 120_000 }, () => {
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

  test("a session outlives a reload, with its history, and goes on from any state of it", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run("x = [1]");
    await visit.run("x.append(2)\nprint('two')\nx");
    await visit.waitForText("#kept", "Kept");
    await visit.page.reload();
    await visit.ready();
    assert.deepEqual(await visit.texts("#cells .cell-number"), ["1", "2"]);
    assert.match(await visit.end(), /^two\n\[1, 2\]\n/);
    assert.match(await visit.run("x"), /^\[1, 2\]\n/);
    await visit.click("x = [1]", "#tree");
    await visit.waitFor(() => document.querySelectorAll("#cells .cell").length === 1);
    assert.match(await visit.run("x"), /^\[1\]\n/);
  });

  test("a session that is open in one tab is not opened in another, which may take a copy", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run("x = 'first tab'");
    await visit.waitForText("#kept", "Kept");
    const second = await visit.newTab();
    await second.waitForText("#notices", "open in another tab");
    await second.ready();
    assert.deepEqual(await second.steps(), ["* Start"]);
    await second.click("Open a copy");
    await second.waitForText("#tree", "x = 'first tab'");
    assert.match(await second.run("x += ', copied'\nx"), /^'first tab, copied'/);
    await visit.page.bringToFront();
    assert.match(await visit.run("x"), /^'first tab'/);
    // Both are kept, each by itself.
    await visit.click(await visit.text("#session-name"), ".bar");
    await visit.page.waitForSelector(".session-row");
    const [, other] = await visit.texts(".session-row");
    assert.match(other, /x = 'first tab'\s+Python · 2 cells/);
    await (await visit.page.$("#session-label")).type("Birds\n");
    await visit.page.keyboard.press("Tab");
    await visit.waitForText(".sessions [aria-current]", "Birds");
    assert.equal(await visit.text("#session-name"), "Birds");
    await visit.click("Remove the session x = 'first tab'");
    await visit.waitForText(".sessions", "open in another tab");
  });

  test("a link with the session opens it, after it was looked at, and runs nothing", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run(
      "def numbers():\n    yield from range(10)\nsource = numbers()\nnext(source), next(source)",
    );
    const link = await visit.link("Link with the session");
    const other = await openPlayground(t, browser, { fragment: new URL(link).hash });
    await other.waitForText("dialog", "The link holds a Python session, as it was after 1 cell");
    assert.match(await other.text("dialog"), /yield from range\(10\)/);
    assert.match(await other.text("dialog"), /made by wasm-repl/);
    // Nothing has been loaded for it, let alone run.
    assert.equal(await other.page.evaluate(() => document.body.dataset.phase), undefined);
    await other.click("Open", "dialog");
    assert.match(await other.run("list(source)"), /^\[2, 3, 4, 5, 6, 7, 8, 9\]/);
    assert.match(await other.text("#cells"), /Opened from a link/);
    assert.equal(new URL(other.page.url()).hash, "");
    assert.deepEqual(other.faults, []);
  });

  test("a link with the cells puts them into the editor, and one that is refused leaves the page as it was", async () => {
    const visit = await shared.fresh();
    await visit.run("x = 1");
    await visit.run("x += 1");
    const link = await visit.link("Link with the cells");
    await visit.waitForText("#kept", "Kept");
    await visit.follow(link);
    await visit.waitForText("dialog", "The link holds 2 cells of Python");
    await visit.click("Cancel", "dialog");
    assert.deepEqual(await visit.steps(), ["Start", "x = 1", "* x += 1"]);
    await visit.follow(link);
    await visit.click("Open", "dialog");
    await visit.waitForText("#waiting", "1 more cell waits");
    assert.deepEqual(await visit.steps(), ["* Start"]);
    assert.equal(await visit.code(), "x = 1");
  });

  for (const [language, name, cell, program, next, result] of [
    [
      "Python",
      "pyrunner",
      "x = [1]\nopen('a.txt', 'w').write('kept')",
      ["-c", "x.append(2); print(x, open('a.txt').read())"],
      "x",
      "[1, 2]",
    ],
    ["JavaScript", "jsrunner", "let x = [1]", ["-e", "x.push(2); console.log(x)"], "x", "[ 1, 2 ]"],
  ]) {
    test(`a snapshot goes from the page to ${name} and back`, async (t) => {
      const directory = mkdtempSync(join(tmpdir(), "wasm-repl-playground-"));
      t.after(() => rmSync(directory, { recursive: true }));
      const visit = await shared.fresh(language);
      await visit.run(cell);
      await visit.click("Share");
      await visit.page.waitForSelector("dialog .icon-down");
      const { name: fileName, bytes } = await visit.download(() =>
        visit.page.click("dialog button:has(.icon-down)"),
      );
      assert.match(fileName, /\.session$/);
      const file = join(directory, "from-page.session");
      writeFileSync(file, bytes);
      const { stdout, stderr } = spawnSync(process.execPath, [command(name), "--session", file, ...program], {
        encoding: "utf8",
      });
      assert.equal(stderr, "");
      assert.equal(stdout, `${result}${language === "Python" ? " kept" : ""}\n`);
      await visit.page.keyboard.press("Escape");
      await visit.page.click("#sessions");
      const chooser = await visit.page.waitForSelector("#open-file");
      await chooser.uploadFile(file);
      await visit.waitForText("#cells", "Opened from from-page.session");
      assert.ok((await visit.run(next)).startsWith(result));
    });
  }

  test("a file that is no snapshot is refused, and the session stays", async () => {
    const visit = await shared.fresh();
    await visit.run("x = 1");
    await visit.page.click("#sessions");
    const chooser = await visit.page.waitForSelector("#open-file");
    await chooser.uploadFile(fileURLToPath(import.meta.url));
    await visit.waitForText("#notices", "cannot be opened");
    assert.match(await visit.run("x"), /^1\n/);
  });

  test("files are dropped in, listed, saved and removed, each as a step that can be undone", async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "wasm-repl-playground-"));
    t.after(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, "in.txt"), "from outside");
    const visit = await shared.fresh();
    await visit.ready();
    const chooser = await visit.page.$("#add-files");
    await chooser.uploadFile(join(directory, "in.txt"));
    await visit.waitForText("#files", "in.txt");
    await visit.page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["dropped"], "drop.txt"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    });
    await visit.waitForText("#files", "drop.txt");
    assert.match(
      await visit.run("text = open('in.txt').read()\nopen('out.txt', 'w').write(text.upper())\ntext"),
      /^'from outside'/,
    );
    await visit.waitForText("#files", "out.txt");
    const saved = await visit.download(() => visit.click("Download out.txt"));
    assert.deepEqual([saved.name, saved.bytes.toString()], ["out.txt", "FROM OUTSIDE"]);
    await visit.click("Remove out.txt");
    await visit.waitFor(() => !document.querySelector("#files").innerText.includes("out.txt"));
    assert.match(await visit.run("import os; sorted(os.listdir())"), /^\['drop\.txt', 'in\.txt'\]/);
    await visit.click("Undo");
    await visit.ready();
    await visit.click("Undo");
    await visit.waitForText("#files", "out.txt");
    assert.deepEqual((await visit.steps()).slice(0, 4), [
      "Start",
      "Added in.txt",
      "Added drop.txt",
      "* text = open('in.txt').read()",
    ]);
  });
});
