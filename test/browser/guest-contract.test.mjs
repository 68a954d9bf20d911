// What every interpreter's sessions promise, held in a tab as it is in Node.js: one suite, two platforms.
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = (name) => join(root, "test/browser", name);

/** What the suite takes from Node.js, and what a page has in its place. */
const replaced = {
  "node:test": { path: here("tests-in-page.mjs") },
  "node:assert/strict": { path: here("assert-in-page.mjs") },
  "../node/sessions.js": { path: "/dist/browser/index.js", external: true },
  "./test-stock-build.js": { path: "stock", namespace: "page" },
};
const withoutBuilds =
  'export const stockBuildSkip = "a browser has no directories"; export const unpackStockBuild = undefined;';

/** What a page cannot tell. */
const leftOut = /without growing/;

async function bundleOfSuite() {
  const { outputFiles } = await build({
    stdin: {
      contents: 'import "./guest-contract.test.js"; export { tests, runTest } from "node:test";',
      resolveDir: join(root, "build/session"),
    },
    bundle: true,
    format: "esm",
    platform: "browser",
    write: false,
    plugins: [
      {
        name: "page",
        setup(build) {
          build.onResolve({ filter: /./ }, ({ path }) => replaced[path]);
          build.onLoad({ filter: /./, namespace: "page" }, () => ({ contents: withoutBuilds }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}

for (const isIsolated of [true, false]) {
  const where = isIsolated ? "that is cross-origin isolated" : "that is not cross-origin isolated";
  test(`the guest contract on a page ${where}`, { skip: chromiumSkip, timeout: 240_000 }, async (t) => {
    const server = await serve(isIsolated, { "/suite.js": await bundleOfSuite() });
    const browser = await launchChromium();
    try {
      const page = await openPage(browser, server.url);
      const tests = await page.evaluate(async (path) => {
        globalThis.suite = await import(path);
        return suite.tests.map(({ name, skip }) => ({ name, skip }));
      }, "/suite.js");
      for (const [index, { name, skip }] of tests.entries()) {
        // Those of builds in a directory.
        if (skip) continue;
        const options = leftOut.test(name) ? { skip: "a page is not told what memory it takes" } : {};
        await t.test(name, options, () => page.evaluate((index) => suite.runTest(index), index));
      }
    } finally {
      await browser.close();
      server.close();
    }
  });
}
