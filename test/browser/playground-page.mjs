// The playground's page in Chromium, for its tests.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { servePlayground } from "../../scripts/serve-playground.mjs";

/** Options of a host that does not isolate the page, and has no service worker for it either. */
export const notIsolated = {
  isIsolated: false,
  answer(request, response) {
    if (!request.url.endsWith("/isolation.js")) return false;
    response.writeHead(404).end();
    return true;
  },
};

/**
 * Opens the page in a place of its own, which keeps nothing of others, until the test has ended.
 *
 * @param options Those of the server; `prepare`: does something with the page before it is opened; `fragment`: what
 *   follows its address.
 */
export async function openPlayground(
  t,
  browser,
  { prepare = async () => {}, fragment = "", ...options } = {},
) {
  const server = await servePlayground({ compresses: false, ...options });
  t.after(server.close);
  const context = await browser.createBrowserContext();
  t.after(() => context.close());
  const faults = [];
  const watch = (page) => {
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted/.test(message.text())) faults.push(message.text());
    });
    return page;
  };
  const page = watch(await context.newPage());
  await prepare(page);
  await page.goto(server.url + fragment);
  return {
    ...onPage(page, faults),
    url: server.url,
    closeServer: server.close,
    context,
    /** One more tab of the same visitor. */
    async newTab(address = server.url) {
      const tab = watch(await context.newPage());
      await tab.goto(address);
      return onPage(tab, faults);
    },
  };
}

/** What was found may be made anew before it is clicked. */
async function onceAgain(action) {
  try {
    return await action();
  } catch (error) {
    if (!/detached|not clickable/.test(error.message)) throw error;
    return action();
  }
}

/** What a visitor does on a page, and sees. */
function onPage(page, faults) {
  const waitFor = (condition, ...args) => page.waitForFunction(condition, { timeout: 30_000 }, ...args);
  const ready = () => waitFor(() => document.body.dataset.phase === "ready");
  const self = {
    page,
    /** Errors of the page, and what its policy has refused. */
    faults,
    waitFor,
    ready,
    text: (selector) => page.$eval(selector, (element) => element.innerText),
    texts: (selector) => page.$$eval(selector, (elements) => elements.map((element) => element.innerText)),
    waitForText: (selector, text) =>
      waitFor((selector, text) => document.querySelector(selector)?.innerText.includes(text), selector, text),
    /** In the editor's shadow tree, which no observer of the page looks into. */
    waitForInEditor: (selector) =>
      waitFor((selector) => document.querySelector("#editor").shadowRoot.querySelector(selector), selector),
    /** Clicks a button in a part of the page, by its text or its name. */
    click: (name, within = "body") =>
      onceAgain(async () => {
        const button = await waitFor(
          (name, within) =>
            [...document.querySelectorAll(`${within} button, ${within} summary, ${within} label`)].find(
              (each) =>
                each.checkVisibility() &&
                (each.innerText.trim() === name || each.getAttribute("aria-label") === name),
            ),
          name,
          within,
        );
        await button.click();
      }),
    code: () =>
      page.$eval("#editor", ({ shadowRoot }) =>
        [...shadowRoot.querySelectorAll(".cm-line:not(:has(.cm-placeholder))")]
          .map(({ innerText }) => innerText.replace(/\n$/, ""))
          .join("\n"),
      ),
    /** Begins a new session, in the page that is there: its interpreter is loaded already. */
    async fresh(language = "Python") {
      await ready();
      const before = await page.evaluate(() => sessionStorage.getItem("wasm-repl.session"));
      await page.click("#sessions");
      await self.click(`New ${language} session`, "dialog");
      await waitFor((before) => sessionStorage.getItem("wasm-repl.session") !== before, before);
      await ready();
      return self;
    },
    /** Follows a link to the page that one is at. */
    follow: (link) =>
      page.evaluate((hash) => {
        location.hash = hash;
      }, new URL(link).hash),
    /** A link that the page gives, by its name there. */
    async link(name) {
      await self.click("Share");
      const field = await page.waitForSelector(`dialog [aria-label="${name}"]`);
      const link = await field.evaluate(({ value }) => value);
      await page.keyboard.press("Escape");
      await waitFor(() => document.querySelector("dialog") === null);
      return link;
    },
    /** What an action has the browser save. */
    async download(action) {
      const directory = mkdtempSync(join(tmpdir(), "wasm-repl-download-"));
      const client = await page.createCDPSession();
      try {
        await client.send("Browser.setDownloadBehavior", {
          behavior: "allow",
          browserContextId: page.browserContext().id,
          downloadPath: directory,
          eventsEnabled: true,
        });
        const begun = new Promise((resolve) => client.once("Browser.downloadWillBegin", resolve));
        const ended = new Promise((resolve) => {
          client.on("Browser.downloadProgress", ({ state }) => state !== "inProgress" && resolve(state));
        });
        await action();
        const { suggestedFilename } = await begun;
        await ended;
        const [file] = readdirSync(directory);
        return { name: suggestedFilename, bytes: readFileSync(join(directory, file)) };
      } finally {
        await client.detach();
        rmSync(directory, { recursive: true });
      }
    },
    /** Puts code into the editor, in place of what is there. */
    async write(code) {
      await page.focus(">>> .cm-content");
      await page.keyboard.down("Control");
      await page.keyboard.press("a");
      await page.keyboard.up("Control");
      await page.evaluate((code) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData("text/plain", code);
        document
          .querySelector("#editor")
          .shadowRoot.querySelector(".cm-content")
          .dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
      }, code);
    },
    /** Begins a run, and waits until it has. */
    async begin(code) {
      await ready();
      await self.write(code);
      const before = await page.$$eval("#cells .cell", (cells) => cells.length);
      await page.click("#run");
      await waitFor((before) => document.querySelectorAll("#cells .cell").length > before, before);
    },
    /** Waits for the end of a run; gives what is shown of it below the code. */
    async end() {
      await ready();
      await waitFor(() => document.querySelector("#cells .running") === null);
      const body = "#cells > :last-child .cell-body";
      return page.$eval(body, (element) =>
        [...element.children]
          .slice(1)
          .filter((part) => part.checkVisibility())
          .map(({ innerText }) => innerText)
          .join("\n")
          .replace(/\n+/g, "\n")
          .trim(),
      );
    },
    async run(code) {
      await self.begin(code);
      return self.end();
    },
    /** The history's steps, the current one with an asterisk. */
    steps: () =>
      page.$$eval(".tree-step", (steps) =>
        steps.map((step) => (step.ariaCurrent === "true" ? "* " : "") + step.innerText),
      ),
  };
  return self;
}
