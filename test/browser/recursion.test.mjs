// A tab's worker has a small stack: what goes deep is an error of the code all the same, and takes nothing of a session.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { deepCases, usualDepths } from "./recursion-cases.mjs";
import { serve } from "./static-server.mjs";

/** What it may end with, if it does not finish. */
const errors = ["RecursionError", "MemoryError", "ValueError", "RangeError", "InternalError", "SyntaxError"];

describe("deep recursion in a tab", { skip: chromiumSkip, timeout: 240_000 }, () => {
  let browser;
  let server;
  let page;
  before(async () => {
    server = await serve(true);
    browser = await launchChromium();
    page = await openPage(browser, server.url);
  });
  after(async () => {
    await browser.close();
    server.close();
  });

  for (const [language, cases] of Object.entries(deepCases)) {
    for (const [name, code] of Object.entries(cases)) {
      test(`${language}: ${name} end in an error or finish, and the session keeps its state`, async () => {
        const { state, stopped, type, kept } = await page.evaluate(
          async (language, code) => {
            const session = await library.createSession(language);
            await session.run(language === "python" ? "kept = 5" : "var kept = 5");
            const { state, stopped, exception } = await session.run(code);
            const kept = (await session.run("kept")).result;
            await session.close();
            return { state, stopped, type: exception?.type, kept };
          },
          language,
          code,
        );
        assert.deepEqual({ state, stopped, kept }, { state: undefined, stopped: undefined, kept: "5" });
        if (type !== undefined) assert.ok(errors.includes(type), type);
      });
    }

    test(`${language}: what programs usually need works, again and again`, async () => {
      const results = await page.evaluate(
        async (language, codes) => {
          const session = await library.createSession(language);
          const results = [];
          // Functions that are called often are compiled anew, with other frames.
          for (let turn = 0; turn < 3; turn++) {
            for (const code of codes) {
              const scoped = language === "python" ? code : `{ ${code} }`;
              const { result, error } = await session.run(scoped);
              if (turn === 2) results.push(result ?? error);
            }
          }
          await session.close();
          return results;
        },
        language,
        Object.keys(usualDepths[language]),
      );
      assert.deepEqual(results, Object.values(usualDepths[language]));
    });
  }
});
