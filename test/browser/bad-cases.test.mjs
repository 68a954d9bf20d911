// What goes wrong in a tab: states that were forged, sessions that never end beside others, and little memory.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createSession } from "wasm-repl";
import { sealMutation, unseal } from "../attacks/forge-snapshot.mjs";
import { seededRandom } from "../attacks/random.mjs";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

/** By language; a thorough run sets more. */
const forgeries = Number(process.env.WASM_REPL_TEST_FORGERIES ?? 0);
const most = { javascript: forgeries || 40, python: forgeries || 12 };
const refusals = ["INVALID_SNAPSHOT", "SNAPSHOT_DAMAGED", "RUNTIME_MISMATCH", "START_FAILED"];

const states = {
  python: "x = {n: str(n) for n in range(100)}\nopen('/tmp/file', 'w').write('content')",
  javascript: "var x = new Map([[1, 'one']]); require('fs').writeFileSync('/tmp/file', 'content')",
};

/** A worker that tells of the memories that it makes. */
const tellingWorker = {
  "/telling.js": `
    const channel = new BroadcastChannel("memories");
    WebAssembly.Memory = class extends WebAssembly.Memory {
      constructor(limits) {
        super(limits);
        if (!limits.shared) channel.postMessage(limits);
      }
    };`,
  "/telling-worker.js": `import "/telling.js"; import "/dist/browser/worker.js";`,
};

describe("bad cases in a tab", { skip: chromiumSkip, timeout: 240_000 }, () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const isIsolated of [true, false]) {
    describe(isIsolated ? "on a page that is cross-origin isolated" : "on a page that is not", () => {
      let server;
      let page;
      before(async () => {
        server = await serve(isIsolated, tellingWorker);
        page = await openPage(browser, server.url);
      });
      after(() => server.close());

      for (const language of ["javascript", "python"]) {
        test(`${language}: ${most[language]} forgeries with right checksums are refused, or their sessions answer`, async () => {
          const home = await createSession(language);
          await home.run(states[language]);
          const parts = unseal(await home.snapshot());
          await home.close();
          const forged = Array.from({ length: most[language] }, (_, seed) =>
            Buffer.from(sealMutation(parts, seededRandom(seed))).toString("base64"),
          );
          const outcomes = await page.evaluate(
            async (language, forged) => {
              const outcomes = [];
              for (const text of forged) {
                const snapshot = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
                const options = { snapshot, memoryBytes: 256 * 2 ** 20 };
                let session;
                try {
                  session = await library.createSession(language, options);
                } catch ({ code, message }) {
                  outcomes.push({ code, message });
                  continue;
                }
                const code = language === "python" ? "len(x)" : "x.size";
                const { result, error } = await session.run(code, { timeoutMs: 300 });
                await session.reset();
                const { result: after } = await session.run("6 * 7");
                await session.close();
                outcomes.push({ answer: result ?? error ?? "", after });
              }
              return outcomes;
            },
            language,
            forged,
          );
          const opened = outcomes.filter(({ code }) => code === undefined);
          for (const { code, message } of outcomes) {
            if (code === undefined) continue;
            assert.ok(refusals.includes(code), `${code}: ${message}`);
            assert.match(message, /^[^\n]+$/);
          }
          for (const { answer, after } of opened) assert.deepEqual([typeof answer, after], ["string", "42"]);
          // Neither all nor none of them, or this shows nothing.
          assert.ok(opened.length > 0 && opened.length < outcomes.length, `${opened.length} were opened`);
        });
      }

      test("twelve sessions at once answer, whatever goes wrong in others of them", async () => {
        const { results, others } = await page.evaluate(async () => {
          const languages = Array.from({ length: 12 }, (_, index) =>
            index % 2 === 0 ? "python" : "javascript",
          );
          const sessions = await Promise.all(languages.map((language) => library.createSession(language)));
          const [looping, bombing, recursing, flooding] = sessions;
          const wrong = Promise.all([
            looping.run("while True: pass", { timeoutMs: 1000 }),
            bombing.run("const a = []; for (;;) a.push(new Uint8Array(1 << 20))", { timeoutMs: 20_000 }),
            recursing.run("a = []\nfor _ in range(100000): a = [a]\nrepr(a)"),
            flooding.run("for (;;) console.log('x'.repeat(1000))", { timeoutMs: 20_000 }),
          ]);
          const good = sessions.slice(4);
          const results = [];
          for (let turn = 0; turn < 3; turn++) {
            const answers = await Promise.all(good.map((session, index) => session.run(`${index} * 7`)));
            results.push(answers.every(({ result }, index) => result === String(index * 7)));
          }
          const ends = (await wrong).map(({ stopped, exception }) => stopped ?? exception.type);
          const after = await Promise.all(sessions.map((session) => session.run("6 * 7")));
          await Promise.all(sessions.map((session) => session.close()));
          return { results, others: [ends, after.every(({ result }) => result === "42")] };
        });
        assert.deepEqual(results, [true, true, true]);
        assert.deepEqual(others, [["timeout", "memory", "RecursionError", "output"], true]);
      });

      test("a session's memory is made no larger than its limit, as phones need it, and is used up to that", async () => {
        const { told, kept, large, state } = await page.evaluate(async () => {
          const told = [];
          const channel = new BroadcastChannel("memories");
          channel.onmessage = ({ data }) => void told.push(data.maximum);
          const session = await library.createSession("python", {
            memoryBytes: 64 * 2 ** 20,
            workerUrl: "/telling-worker.js",
          });
          await session.run("kept = bytes(20_000_000)");
          const { exception, state } = await session.run("b'x' * 100_000_000");
          const kept = await session.run("len(kept)");
          await session.close();
          return { told, kept: kept.result, large: exception.type, state };
        });
        assert.ok(
          told.includes(1024) && told.every((pages) => pages === undefined || pages <= 1024),
          told.join(),
        );
        assert.deepEqual([kept, large, state], ["20000000", "MemoryError", "kept"]);
      });
    });
  }
});
