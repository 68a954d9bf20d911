// The playground as a visitor sees it: cells, states to go back to, variables, files, and what is kept.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { openPlayground } from "./playground-page.mjs";

describe("the playground", { skip: chromiumSkip, timeout: 120_000 }, () => {
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

  test("a cell is run and kept, its value and its output are shown, and variables are listed", async (t) => {
    const visit = await openPlayground(t, browser);
    assert.match(await visit.run("x = 6 * 7\nprint('out')\nx"), /^out\n42\n/);
    assert.equal(await visit.code(), "");
    await visit.waitForText("#variables", "42");
    assert.deepEqual(await visit.steps(), ["Start", "* x = 6 * 7"]);
    await visit.waitForText("#kept", "Kept in this browser");
    // A cell that is one expression has printed its value: it is shown once.
    assert.match(await visit.run("x"), /^42\n[\d.]+ ms$/);
    assert.deepEqual(visit.faults, []);
  });

  test("an error is marked at its line, in the cell and in the editor, where the code stays", async () => {
    const visit = await shared.fresh();
    assert.match(
      await visit.run("def f(n):\n    return 1 / n\n\nf(0)"),
      /ZeroDivisionError: division by zero/,
    );
    assert.deepEqual(await visit.texts("#cells .line-failed"), ["    return 1 / n"]);
    assert.equal(await visit.text(">>> .cm-error-line"), "    return 1 / n");
    assert.match(await visit.text(">>> .cm-error-text"), /division by zero/);
    await visit.write("f(1)");
    assert.equal(await visit.page.$(">>> .cm-error-line"), null);
    // Of a function from an earlier cell, the line of this cell that has called it.
    assert.match(await visit.run("1\nf(0)"), /ZeroDivisionError/);
    assert.equal(await visit.text("#cells > :last-child .line-failed"), "f(0)");
    await visit.click("JavaScript");
    assert.match(await visit.run("let a;\n\na.b"), /TypeError/);
    assert.equal(await visit.text("#cells > :last-child .line-failed"), "a.b");
  });

  test("undo goes back to the state before the last cell, and gives its code back", async () => {
    const visit = await shared.fresh();
    await visit.run("x = [1]");
    await visit.run("x.append(2)");
    await visit.click("Undo");
    await visit.ready();
    await visit.waitFor(() => document.querySelectorAll("#cells .cell").length === 1);
    assert.equal(await visit.code(), "x.append(2)");
    assert.match(await visit.run("x"), /^\[1\]\n/);
    assert.deepEqual(await visit.steps(), ["Start", "x = [1]", "x.append(2)", "* x"]);
  });

  test("forks go on apart, and every state can be gone back to and branched from", async () => {
    const visit = await shared.fresh();
    await visit.run("import random\nx = 'both'");
    await visit.click("Fork");
    await visit.run("x = 'one'");
    const goTo = async (name) => {
      await visit.click(name, "#tree");
      await visit.waitFor(
        (name) =>
          document.querySelector("#tree [aria-current]").innerText === name &&
          document.body.dataset.phase === "ready",
        name,
      );
    };
    await goTo("import random");
    await visit.click("Fork");
    assert.match(await visit.run("x"), /^'both'/);
    await goTo("x = 'one'");
    assert.match(await visit.run("x"), /^'one'/);
    assert.deepEqual(await visit.steps(), [
      "Start",
      "import random",
      "Fork 1",
      "x = 'one'",
      "Fork 2",
      "x",
      "* x",
    ]);
    assert.deepEqual(await visit.texts("#cells .cell-number"), ["1", "3", "6"]);
    // What does not lead here can be removed.
    await visit.page.hover("#tree [data-step='4']");
    await visit.click("Remove “Fork 2” and what came from it");
    await visit.waitFor(() => document.querySelectorAll(".tree-step").length === 5);
  });

  test("completions come from the live session", async () => {
    const visit = await shared.fresh();
    await visit.run("class Bird:\n    wings = 2\n    def sing(self):\n        'Sings.'\nbird = Bird()");
    await visit.page.focus(">>> .cm-content");
    await visit.page.keyboard.type("bird.");
    await visit.waitForInEditor(".cm-tooltip-autocomplete li");
    const items = await visit.texts(">>> .cm-tooltip-autocomplete li");
    assert.deepEqual(items, ["sing", "wings"]);
    await visit.waitForInEditor(".cm-completionInfo");
    assert.match(await visit.text(">>> .cm-completionInfo"), /Sings\./);
    await visit.page.click(">>> .cm-tooltip-autocomplete li");
    assert.equal(await visit.code(), "bird.sing");
    assert.deepEqual(visit.faults, []);
  });

  test("a variable opens as a table, and looking at one changes nothing", async () => {
    const visit = await shared.fresh();
    await visit.run("rows = [{'name': 'Ada', 'age': 36}, {'name': 'Alan'}]");
    await visit.run(
      "looks = 0\nclass Shy:\n    def __repr__(self):\n        global looks\n        looks += 1\n        return 'seen'\nshy = Shy()",
    );
    const openVariable = async (name) => {
      await visit.page.click(`#variables [data-name="${name}"] summary`);
      return visit.page.waitForSelector(`#variables [data-name="${name}"] :is(pre, table)`);
    };
    await openVariable("rows");
    const cells = await visit.texts("#variables td, #variables th");
    assert.deepEqual(cells, ["", "name", "age", "0", "Ada", "36", "1", "Alan", ""]);
    await openVariable("shy");
    assert.match(await visit.text('#variables [data-name="shy"] pre'), /seen/);
    assert.match(await visit.run("looks"), /^0\n/);
    // What is open stays so, and shows what it is now.
    await visit.run("rows.pop()\nrows[0]['age'] = 37\npass");
    await visit.waitForText('#variables [data-name="rows"] table', "37");
  });

  test("a cell that asks for input gets it in the page", async () => {
    const visit = await shared.fresh();
    await visit.begin("name = input('Who? ')\nf'Hello, {name}!'");
    const field = await visit.page.waitForSelector(".asking input");
    assert.match(await visit.text("#cells .output"), /Who\?/);
    await field.type("Ada");
    await visit.page.keyboard.press("Enter");
    assert.match(await visit.end(), /'Hello, Ada!'/);
    await visit.begin("input()");
    await visit.click("End of input");
    assert.match(await visit.end(), /EOFError/);
    await visit.begin("input()");
    await visit.page.waitForSelector(".asking input");
    await visit.click("Stop");
    assert.match(await visit.end(), /KeyboardInterrupt[\s\S]*Stopped/);
  });

  test("output comes as it is written, and colours and returns are those of a terminal", async () => {
    const visit = await shared.fresh();
    await visit.begin(
      "print('first', flush=True)\ninput()\nprint('\\x1b[31mred\\x1b[0m\\n10 %\\r20 %\\rdone')",
    );
    await visit.waitForText("#cells .output", "first");
    await visit.page.waitForSelector(".asking input");
    await visit.click("Send");
    assert.match(await visit.end(), /^first\nred\ndone\n/);
    assert.deepEqual(await visit.texts("#cells .t-1"), ["red"]);
  });

  test("ten megabytes of output are shown in part, and are there to download", async (t) => {
    const visit = await openPlayground(t, browser);
    const shown = await visit.run("for n in range(100_000): print(n, 'x' * 100)");
    assert.match(shown, /^0 x+\n[\s\S]*are not shown[\s\S]*99999 x+\n/);
    assert.ok(shown.length < 100_000);
    const saved = await visit.download(() => visit.click("Download all"));
    assert.equal(saved.name, "output-1.txt");
    assert.equal(saved.bytes.length, 10_688_890);
    await visit.waitForText("#kept", "Kept");
    await visit.page.reload();
    await visit.ready();
    const again = await visit.download(() => visit.click("Download all"));
    assert.deepEqual(again.bytes, saved.bytes);
  });

  test("pictures and tables are shown as such", async () => {
    const visit = await shared.fresh();
    const pixel =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M/wHwAEBgIApD5fRAAAAABJRU5ErkJggg==";
    await visit.run(
      `import base64\ndisplay({'image/png': base64.b64decode('${pixel}')}, raw=True)\n` +
        `display({'image/svg+xml': '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"/>'}, raw=True)\n` +
        `display({'text/html': '<table><tr><th>a</th></tr><tr><td style="color: red; position: fixed">1</td></tr></table>'}, raw=True)`,
    );
    await visit.waitFor(() => [...document.querySelectorAll(".picture")].every(({ complete }) => complete));
    const sizes = await visit.page.$$eval(".picture", (all) =>
      all.map((each) => [each.naturalWidth, each.naturalHeight]),
    );
    assert.deepEqual(sizes, [
      [1, 1],
      [30, 20],
    ]);
    assert.equal(await visit.page.$eval("#cells td", (cell) => cell.style.cssText), "color: red;");
    assert.deepEqual(visit.faults, []);
  });

  test("JavaScript has a session of its own beside Python's", async () => {
    const visit = await shared.fresh();
    await visit.run("x = 'python'");
    await visit.click("JavaScript");
    assert.match(await visit.run("const x = await Promise.resolve([1, 2]); x"), /^\[ 1, 2 \]/);
    await visit.click("Python");
    await visit.waitForText("#tree", "x = 'python'");
    assert.match(await visit.run("x"), /^'python'/);
  });

  test("examples put their cells into the editor, one after the other, and run nothing by themselves", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.page.click("#welcome .card");
    await visit.waitForText("#waiting", "2 more cells wait");
    await visit.ready();
    assert.deepEqual(await visit.steps(), ["* Start"]);
    await visit.page.click("#run");
    await visit.waitForText("#waiting", "1 more cell waits");
    await visit.click("Run all");
    await visit.waitFor(() => document.querySelectorAll("#cells .cell .failed").length === 1);
    await visit.ready();
    assert.match(await visit.code(), /^# Now break everything/);
  });
});
