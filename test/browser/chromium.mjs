// Chromium without a window, for the tests of what runs in a browser.
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const path = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);

/** Why there are no tests in a browser; false if there are. */
export const chromiumSkip =
  path === undefined
    ? "Chromium is not installed (Debian's package is chromium; CHROMIUM names another)"
    : false;

export function launchChromium() {
  return puppeteer.launch({
    executablePath: path,
    // Its own sandbox needs more than containers give. All pages are our own.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/** A page of a server's, which has the library as `library`. Its errors are told. */
export async function openPage(browser, url) {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(`error in the page: ${error.message}`));
  await page.goto(url);
  await page.evaluate(async (path) => {
    globalThis.library = await import(path);
  }, "/dist/browser/index.js");
  return page;
}
