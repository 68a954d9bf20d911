// What hostile code, files and links may do to the playground's page, which is nothing but to be seen.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { openPlayground } from "./playground-page.mjs";

describe("hostile guests of the playground", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  /** A page that tests share, each with a session of its own. */
  let shared;
  /** A server that nothing may reach, and what was asked of it. */
  let elsewhere;
  const asked = [];
  before(async () => {
    browser = await launchChromium();
    shared = await openPlayground({ after() {} }, browser);
    elsewhere = createServer((request, response) => {
      asked.push(request.url);
      response.end();
    });
    await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    await browser.close();
    shared.closeServer();
    elsewhere.closeAllConnections();
    elsewhere.close();
  });

  /** Markup that does something, wherever it is taken for such. */
  const attacks = () => {
    const address = `http://localhost:${elsewhere.address().port}`;
    return [
      "<script>globalThis.attacked = 1</script></script>",
      "<img src=x onerror='globalThis.attacked = 2'>",
      `<img src='${address}/img' srcset='${address}/srcset 2x'>`,
      "<svg onload='globalThis.attacked = 3'><script>globalThis.attacked = 4</script><a href='javascript:globalThis.attacked = 5'>x</a></svg>",
      `<iframe src='${address}/frame' srcdoc='<script>parent.attacked = 6</script>'></iframe>`,
      `<link rel=stylesheet href='${address}/link'><style>@import '${address}/import'; body { display: none }</style>`,
      `<div style="background: url(${address}/style); position: fixed; inset: 0; z-index: 9999">over all</div>`,
      `<meta http-equiv=refresh content='0; ${address}/meta'><base href='${address}/'>`,
      `<form action='${address}/form'><input name=q autofocus onfocus='globalThis.attacked = 7'><button>go</button></form>`,
      "<a href='javascript:globalThis.attacked = 8' id=evil>x</a><a href='data:text/html,<script>1</script>'>y</a>",
      `<video src='${address}/video' autoplay></video><object data='${address}/object'></object><embed src='${address}/embed'>`,
      "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=globalThis.attacked=9&gt;'>",
      "<noscript><p title='</noscript><img src=x onerror=globalThis.attacked=10>'></noscript>",
      "<div id=run name=body class=primary>Run</div><dialog open>A dialog</dialog>",
      `<table background='${address}/table'><tr><td background='${address}/td'>cell</td></tr></table>`,
    ];
  };

  /** Nothing has run, nothing was fetched, and nothing is in the page that could do either. */
  async function assertHarmless(visit, within) {
    assert.equal(await visit.page.evaluate(() => globalThis.attacked), undefined);
    assert.deepEqual(asked, []);
    const found = await visit.page.$eval(within, (root) => {
      const elements = [...root.querySelectorAll("*")];
      return [
        ...elements.filter((each) =>
          each.matches("script, style, link, iframe, object, embed, form, base, meta, video, dialog, math"),
        ),
        ...elements.filter((each) =>
          [...each.attributes].some(({ name }) => /^on|^srcset|^background$|^id$|^name$/.test(name)),
        ),
        ...elements.filter((each) => /fixed|absolute/.test(each.style?.position ?? "")),
        ...elements.filter(
          (each) => each.localName === "a" && each.href !== "" && !/^https?:/.test(each.protocol),
        ),
        ...elements.filter((each) => each.localName === "img" && !/^(blob|data):/.test(each.src)),
      ].map((each) => each.outerHTML.slice(0, 200));
    });
    assert.deepEqual(found, []);
    assert.deepEqual(visit.faults, []);
  }

  test("HTML and SVG that are shown run nothing, fetch nothing and stay in their place", async (t) => {
    const visit = await openPlayground(t, browser);
    await visit.run(
      `attacks = ${JSON.stringify(attacks())}\n` +
        "for attack in attacks:\n    display({'text/html': attack}, raw=True)\n" +
        "display({'text/html': ''.join(attacks)}, raw=True)\n" +
        "display({'image/svg+xml': '<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\">' + ''.join(attacks[:2]) + '</svg>'}, raw=True)\n" +
        "display({'image/png': b'no picture'}, raw=True)\n" +
        "display({'text/html': '<b>' * 5000 + 'deep'}, raw=True)\n" +
        "display({'text/html': '<i>x</i>' * 30000}, raw=True)\n" +
        "display({'text/plain': '<script>1</script>', '<img src=x>': 'y'}, raw=True)",
    );
    await visit.waitForText("#cells", "A picture that cannot be read");
    await assertHarmless(visit, "#cells");
    assert.ok((await visit.page.$$eval("#cells i", ({ length }) => length)) < 10_000);
    // A link goes where it says, in a place of its own.
    await visit.run("display({'text/html': '<a href=\"https://example.org/\">x</a>'}, raw=True)");
    const link = await visit.page.$eval("#cells > :last-child a", ({ href, target, rel }) => [
      href,
      target,
      rel,
    ]);
    assert.deepEqual(link, ["https://example.org/", "_blank", "noopener noreferrer nofollow"]);
  });

  test("output, results, errors, names of variables and of files are text, whatever is in them", async () => {
    const visit = await shared.fresh();
    const text = JSON.stringify(attacks().join(""));
    await visit.run(
      `text = ${text}\nprint(text)\nglobals()[text[:300]] = text\nclass Odd: pass\nOdd.__name__ = text[:300]\nodd = Odd()\ntext`,
    );
    await visit.run("raise ValueError(text)");
    await visit.run(
      "for name in [text[:100].replace('/', '_'), '<img src=x onerror=alert(1)>.png', '\\u202egnp.exe', 'a\\nb', '.hidden', 'con', 'x' * 250, '-rf', '~\\\\..\\\\up', 'C:con']:\n" +
        "    open(name, 'w').write('x')",
    );
    await visit.waitForText("#files", "hidden");
    for (const part of ["#cells", "#variables", "#files", "#tree", "#session-name"])
      await assertHarmless(visit, part);
    const names = await visit.texts("#files .file-name");
    assert.ok(names.includes("\\u{202e}gnp.exe"), names.join());
    assert.ok(names.includes("a\\u{a}b"), names.join());
    const saved = {};
    for (const shown of ["\\u{202e}gnp.exe", "a\\u{a}b", ".hidden", "con", "~\\..\\up", "C:con"]) {
      saved[shown] = (await visit.download(() => visit.click(`Download ${shown}`))).name;
    }
    assert.deepEqual(saved, {
      "\\u{202e}gnp.exe": "gnp.exe",
      "a\\u{a}b": "ab",
      ".hidden": "hidden",
      con: "file_con",
      "~\\..\\up": "__.._up",
      "C:con": "C_con",
    });
  });

  test("control sequences and lines of any length leave the page as it is", async () => {
    const visit = await shared.fresh();
    const shown = await visit.run(
      "print('a\\x1b]0;title\\x07b\\x1b[2J\\x1b[999;999Hc\\x1b]8;;http://x\\x1b\\\\d\\x9b31me\\x00\\x08f\\x1b')\nprint('\\x1b[31')\nprint('y' * 5_000_000)",
    );
    assert.match(shown, /^abcdef\n/);
    assert.match(shown, /are not shown/);
    assert.equal(await visit.page.title(), "wasm-repl playground");
    assert.ok(await visit.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    assert.match(await visit.run("6 * 7"), /^42\n/);
  });

  test("a link's cells and names are text, and nothing of it runs by being looked at or opened", async (t) => {
    const cells = [attacks().join("\n"), "globalThis.attacked = 11", "\u202eevil"];
    const text = Buffer.from(
      JSON.stringify({ language: "javascript", cells, name: attacks()[0], __proto__: { x: 1 } }),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    const fragment = `#share=1.${deflateRawSync(Buffer.concat([length, text])).toString("base64url")}`;
    const visit = await openPlayground(t, browser, { fragment });
    await visit.waitForText("dialog", "The link holds 3 cells of JavaScript");
    await assertHarmless(visit, "dialog ol");
    await visit.click("Open", "dialog");
    await visit.ready();
    assert.deepEqual(await visit.steps(), ["* Start"]);
    assert.ok((await visit.code()).startsWith(attacks()[0]));
    await assertHarmless(visit, "#cells");
  });

  test("code reaches neither the page, nor its storage, nor the network", async () => {
    const visit = await shared.fresh();
    const address = `http://localhost:${elsewhere.address().port}/`;
    assert.match(await visit.run(`import urllib.request\nurllib.request.urlopen('${address}')`), /Error/);
    assert.match(await visit.run("import js"), /ModuleNotFoundError/);
    await visit.click("JavaScript");
    const names =
      "['document', 'window', 'navigator', 'indexedDB', 'localStorage', 'XMLHttpRequest', 'importScripts', 'postMessage', 'Worker']";
    assert.match(await visit.run(`${names}.filter((name) => name in globalThis).length`), /^0\n/);
    await assertHarmless(visit, "#cells");
    // Should the page's own code ever take a text for markup, the browser refuses.
    const outcome = await visit.page.evaluate(() => {
      try {
        document.createElement("p").innerHTML = "<b>x</b>";
        return "done";
      } catch ({ name }) {
        return name;
      }
    });
    assert.equal(outcome, "TypeError");
  });
});
