// Pages whose application is bundled: the library as an application's own code, its worker and files as the bundler has them.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { build as viteBuild } from "vite";
import { chromiumSkip, launchChromium } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The application of docs/browser.md, which shows in the page what came of it. */
const application = (imports, options) => `
import { createSession } from "wasm-repl/browser";
${imports}
const session = await createSession("python", ${options});
await session.run("import wave");
const { result, error } = await session.run("sum(range(10)), wave.__name__");
document.title = result ?? error;
`;

describe("a bundled application", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  let folder;
  before(async () => {
    browser = await launchChromium();
    folder = mkdtempSync(join(tmpdir(), "wasm-repl-bundled-"));
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules/wasm-repl"));
  });
  after(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** What the page of a directory shows when its application is done. */
  async function titleOf(directory, path) {
    const server = await serve(true, {}, directory);
    try {
      const page = await browser.newPage();
      const errors = [];
      page.on("pageerror", ({ message }) => errors.push(message));
      await page.goto(new URL(path, server.url).href);
      await page.waitForFunction(() => document.title !== "begun" || undefined, { timeout: 30_000 });
      return errors.length > 0 ? errors.join() : await page.title();
    } finally {
      server.close();
    }
  }

  /** Of `dist/runtimes`, what pages fetch for Python. */
  function copyRuntimes(to) {
    const names = ["browser.json", "python.browser.wasm", "python.image", "python.browser.pack"];
    for (const name of names) cpSync(join(root, "dist/runtimes", name), join(to, name));
  }

  const html = (script) =>
    `<!doctype html><title>begun</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

  test("by esbuild runs with the worker and the files copied to where it names them", async () => {
    const made = join(folder, "esbuild");
    mkdirSync(made);
    const options = `{ assetsUrl: "/runtimes/", workerUrl: "/worker.js" }`;
    await esbuild({
      stdin: { contents: application("", options), resolveDir: folder },
      bundle: true,
      format: "esm",
      minify: true,
      outfile: join(made, "application.js"),
    });
    cpSync(join(root, "dist/browser/worker.js"), join(made, "worker.js"));
    copyRuntimes(join(made, "runtimes"));
    writeFileSync(join(made, "page.html"), html("application.js"));
    assert.equal(await titleOf(made, "/page.html"), "(45, 'wave')");
  });

  test("by Vite runs with the worker as an asset of the bundle's and the files in its public directory", async () => {
    const own = join(folder, "vite");
    mkdirSync(own);
    copyRuntimes(join(own, "public/runtimes"));
    const imports = `import workerUrl from "wasm-repl/browser/worker.js?url";`;
    writeFileSync(
      join(own, "application.js"),
      application(imports, `{ assetsUrl: "/runtimes/", workerUrl }`),
    );
    writeFileSync(join(own, "page.html"), html("/application.js"));
    const made = join(own, "made");
    await viteBuild({
      root: own,
      configFile: false,
      logLevel: "error",
      build: { outDir: made, target: "esnext", rollupOptions: { input: join(own, "page.html") } },
    });
    const names = readdirSync(join(made, "assets"));
    assert.ok(
      names.some((name) => /^worker-.*\.js$/.test(name)),
      names.join(),
    );
    assert.equal(await titleOf(made, "/page.html"), "(45, 'wave')");
  });
});
