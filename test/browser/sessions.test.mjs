// Sessions in a tab of Chromium: on pages that share memory with their workers, and on those that may not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createSession, inspectSnapshot, runtimeId } from "wasm-repl";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

const dialects = {
  python: {
    write: "import sys\nprint('out')\nprint('err', file=sys.stderr)",
    value: "{'a': [1, 2.5, None, b'\\x00\\xff']}",
    fail: "raise ValueError('no luck')",
    failure: "ValueError",
    count: "n = globals().get('n', 0) + 1\nn",
    endless: "while True: pass",
    sleep: "import time\nbefore = time.monotonic()\ntime.sleep(0.05)\ntime.monotonic() - before >= 0.05",
    yes: "True",
    flood: "while True: print('y' * 100)",
    fill: "full = []\nwhile True: full.append('x' * 10000 + str(len(full)))",
    call: "add(20, 22)",
    gather: "import asyncio\nsum(await asyncio.gather(*[add.aio(i, 1) for i in range(20)]))",
    bytes: "len(await grow.aio(b'\\x01' * 1000000))",
    converse:
      "total = 0\nfor i in range(5):\n  total = await add.aio(total, i)\n  print(total)\ntry: await fail.aio()\nexcept ValueError as e: print(e)\nawait add.aio(total, 1)",
    caught: "try: add(1, 2)\nexcept Exception as e: print(e)\nawait add.aio(1, 2)",
    suspend: "answer = await ask.aio('why?')\nanswer",
    read: "input() + '!'",
  },
  javascript: {
    write: "console.log('out'); console.error('err');",
    value: "({ a: [1, 2.5, null, new Uint8Array([0, 255])] })",
    fail: "throw new TypeError('no luck')",
    failure: "TypeError",
    count: "globalThis.n = (globalThis.n ?? 0) + 1",
    endless: "for (;;);",
    sleep:
      "const before = performance.now(); await new Promise((done) => setTimeout(done, 50)); performance.now() - before >= 50",
    yes: "true",
    flood: "for (;;) console.log('y'.repeat(100))",
    fill: "globalThis.full = []; for (;;) full.push('x'.repeat(10000) + full.length)",
    call: "add.sync(20, 22)",
    gather:
      "(await Promise.all(Array.from({ length: 20 }, (_, i) => add(i, 1)))).reduce((sum, each) => sum + each)",
    bytes: "(await grow(new Uint8Array(1000000).fill(1))).length",
    converse:
      "let total = 0; for (let i = 0; i < 5; i++) { total = await add(total, i); console.log(total); } try { await fail(); } catch (e) { console.log(e.message); } await add(total, 1)",
    caught: "try { add.sync(1, 2); } catch (e) { console.log(e.message); } await add(1, 2)",
    suspend: "globalThis.answer = await ask('why?'); answer",
    read: undefined,
  },
};

describe("sessions in a tab", { skip: chromiumSkip, timeout: 120_000 }, () => {
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
        server = await serve(isIsolated);
        page = await openPage(browser, server.url);
        assert.equal(await page.evaluate(() => crossOriginIsolated), isIsolated);
      });
      after(() => server.close());

      for (const language of ["python", "javascript"]) {
        const dialect = dialects[language];
        /** Does something with a session of its own in the page, which has the dialect as well. */
        const inPage = (action, more) =>
          page.evaluate(
            async (source, language, dialect, more) => {
              const session = await library.createSession(language, { memoryBytes: 96 * 2 ** 20 });
              try {
                return await new Function(`return ${source}`)()(session, dialect, more);
              } finally {
                await session.close();
              }
            },
            String(action),
            language,
            dialect,
            more,
          );

        test(`${language}: a cell gives output, value and error, and the next one knows what it defined`, async () => {
          const results = await inPage(async (session, { write, value, fail, count }) => {
            const [written, valued, failed] = [
              await session.run(write),
              await session.run(value, { value: true }),
              await session.run(fail),
            ];
            const bytes = [...valued.value.a.pop()];
            await session.run(count);
            const { result } = await session.run(count);
            return { written, value: valued.value, bytes, exception: failed.exception, result };
          });
          assert.equal(results.written.output, "out\nerr\n");
          assert.equal(results.written.stderr, "err\n");
          assert.deepEqual(results.value, { a: [1, 2.5, null] });
          assert.deepEqual(results.bytes, [0, 255]);
          assert.equal(results.exception.type, dialect.failure);
          assert.equal(results.exception.message, "no luck");
          assert.equal(results.result, "2");
        });

        test(`${language}: output comes while the code runs, and sleeping takes its time`, async () => {
          const [pieces, slept] = await inPage(async (session, { write, sleep }) => {
            const pieces = [];
            await session.run(write, { onOutput: (stream, text) => void pieces.push([stream, text]) });
            return [pieces, (await session.run(sleep)).result];
          });
          assert.deepEqual(pieces, [
            ["stdout", "out\n"],
            ["stderr", "err\n"],
          ]);
          assert.equal(slept, dialect.yes);
        });

        test(`${language}: limits of time, output and memory stop a run, and the session goes on`, async () => {
          const stops = await inPage(async (session, { endless, flood, fill, count }) => {
            await session.run(count);
            const late = await session.run(endless, { timeoutMs: 200 });
            const loud = await session.run(flood);
            const large = await session.run(fill);
            const { result } = await session.run("n");
            return { stopped: [late.stopped, loud.stopped, large.stopped], result };
          });
          assert.deepEqual(stops, { stopped: ["timeout", "output", "memory"], result: "1" });
        });

        test(`${language}: an endless run is interrupted, and the session keeps or is put back to its state`, async () => {
          const { stopped, state, result } = await inPage(async (session, { endless, count }) => {
            await session.run(count);
            // Its state is known from then on, and not some time after the run.
            await (await session.fork()).close();
            const running = session.run(endless, { onOutput() {} });
            await new Promise((done) => setTimeout(done, 100));
            session.interrupt();
            const { stopped, state } = await running;
            return { stopped, state, result: (await session.run("n")).result };
          });
          assert.deepEqual([stopped, result], ["interrupt", "1"]);
          assert.equal(state, isIsolated ? "kept" : "rolled_back");
        });

        test(`${language}: a session is forked, sleeps, wakes and forgets`, async () => {
          const results = await inPage(async (session, { count }) => {
            await session.run(count);
            const fork = await session.fork();
            await fork.run(count);
            await session.hibernate();
            const { state } = await session.stats();
            const [own, forked] = [await session.run("n"), await fork.run("n")];
            await fork.close();
            await session.reset();
            const { exception } = await session.run("n");
            return [state, own.result, forked.result, exception.type];
          });
          const missing = language === "python" ? "NameError" : "ReferenceError";
          assert.deepEqual(results, ["hibernated", "1", "2", missing]);
        });

        test(`${language}: a session travels from Node.js to the tab and back, with the same interpreter's id`, async () => {
          const home = await createSession(language);
          const travelled = [];
          try {
            await home.run(dialect.count);
            const there = Buffer.from(await home.snapshot()).toString("base64");
            const { back, id, results } = await page.evaluate(
              async (language, there, count) => {
                const snapshot = Uint8Array.from(atob(there), (character) => character.charCodeAt(0));
                const session = await library.createSession(language, { snapshot });
                const results = [(await session.run("n")).result, (await session.run(count)).result];
                const taken = await session.snapshot();
                await session.close();
                return {
                  results,
                  id: library.inspectSnapshot(taken).runtimeId,
                  back: btoa(Array.from(taken, (byte) => String.fromCharCode(byte)).join("")),
                };
              },
              language,
              there,
              dialect.count,
            );
            assert.deepEqual(results, ["1", "2"]);
            const snapshot = Buffer.from(back, "base64");
            assert.equal(id, await runtimeId(language));
            assert.equal(inspectSnapshot(snapshot).runtimeId, id);
            travelled.push(await createSession(language, { snapshot }));
            assert.equal((await travelled[0].run(dialect.count)).result, "3");
          } finally {
            await Promise.all([home, ...travelled].map((session) => session.close()));
          }
        });

        test(`${language}: a snapshot of another language, or a damaged one, is refused`, async () => {
          const codes = await inPage(async (session) => {
            const snapshot = await session.snapshot();
            const other = session.language === "python" ? "javascript" : "python";
            const codeOf = (language, snapshot) =>
              library.createSession(language, { snapshot }).then(
                () => "none",
                ({ code }) => code,
              );
            const damaged = snapshot.slice();
            damaged[damaged.length - 20] ^= 255;
            return [await codeOf(other, snapshot), await codeOf(session.language, damaged)];
          });
          assert.deepEqual(codes, ["RUNTIME_MISMATCH", "SNAPSHOT_DAMAGED"]);
        });

        test(`${language}: code calls functions of the page${isIsolated ? "" : ", and is told where it cannot"}`, async () => {
          const results = await page.evaluate(
            async (language, { call, gather, bytes }) => {
              const functions = {
                add: async (a, b) => a + b,
                grow: async (bytes) => new Uint8Array(3 * bytes.length),
              };
              const session = await library.createSession(language, { functions });
              const results = [];
              for (const code of [call, gather, bytes]) results.push(await session.run(code));
              await session.close();
              return results.map(({ result, exception }) => result ?? exception.message);
            },
            language,
            dialect,
          );
          assert.deepEqual(results.slice(1), ["210", "3000000"]);
          if (isIsolated) assert.equal(results[0], "42");
          else assert.match(results[0], /the page is not cross-origin isolated.*`await`/);
        });

        test(`${language}: code that awaits goes on with each answer, in one run`, async () => {
          const { first, second, calls } = await page.evaluate(
            async (language, { converse, caught }) => {
              const calls = [];
              const functions = {
                add: async (a, b) => calls.push([a, b]) && a + b,
                fail: async () => {
                  throw Object.assign(new Error("no luck"), { name: "ValueError" });
                },
              };
              const session = await library.createSession(language, { functions, maxCalls: 7 });
              const streamed = [];
              const onOutput = (_, text) => void streamed.push(text);
              const first = await session.run(converse, { onOutput });
              first.streamed = streamed.join("");
              const second = await session.run(caught);
              await session.close();
              return { first, second, calls };
            },
            language,
            dialect,
          );
          const said = ["0", "1", "3", "6", "10", "no luck", ""].join("\n");
          assert.deepEqual([first.result, first.output, first.streamed], ["11", said, said]);
          assert.equal(second.result, "3");
          // A call that was refused has not been made.
          assert.equal(calls.length, isIsolated ? 8 : 7);
        });

        test(`${language}: a run that makes too many calls, or waits for too long, is stopped`, async () => {
          const stops = await inPage(async (session, { converse }) => {
            const functions = { add: (a, b) => (b === 3 ? new Promise(() => {}) : a + b), fail: () => 0 };
            const limited = await library.createSession(session.language, { functions, maxCalls: 2 });
            const many = await limited.run(converse);
            const waiting = await library.createSession(session.language, { functions });
            await waiting.run("n = 5");
            await (await waiting.fork()).close();
            const long = await waiting.run(converse, { maxWaitMs: 100 });
            const { result } = await waiting.run("n");
            await Promise.all([limited.close(), waiting.close()]);
            return [many.stopped, long.stopped, long.state, result];
          });
          assert.deepEqual(stops, ["calls", "timeout", isIsolated ? "kept" : "rolled_back", "5"]);
        });

        test(`${language}: a run that is suspended in the tab is resumed in Node.js`, async () => {
          const { suspended, snapshot } = await page.evaluate(
            async (language, code) => {
              const parameters = { properties: { what: {} } };
              const functions = { ask: { parameters, run: (_, { suspend }) => suspend() } };
              const session = await library.createSession(language, { functions });
              const { suspended } = await session.run(code);
              const snapshot = await session.snapshot();
              await session.close();
              return {
                suspended,
                snapshot: btoa(Array.from(snapshot, (byte) => String.fromCharCode(byte)).join("")),
              };
            },
            language,
            dialect.suspend,
          );
          assert.equal(suspended[0].function, "ask");
          const session = await createSession(language, {
            snapshot: Buffer.from(snapshot, "base64"),
            functions: { ask: () => 0 },
          });
          const { result } = await session.resume([{ call: suspended[0].call, value: "because" }]);
          await session.close();
          assert.equal(result, "'because'");
        });

        test(`${language}: sessions by name share workers, and sleep where there are more of them`, async () => {
          const { live, results, names, refusals } = await page.evaluate(
            async (language, count) => {
              const sessions = await library.createSessions(language, { maxLive: 2 });
              const names = ["a", "b", "c", "d"];
              for (const name of names) await sessions.run(name, count);
              await sessions.run("a", count);
              const { live } = sessions;
              await sessions.fork("a", "e");
              const results = [];
              for (const name of [...names, "e"]) results.push((await sessions.run(name, count)).result);
              const all = await sessions.list();
              await sessions.close();
              const refusals = [];
              const refusal = ({ code, message }) => void refusals.push(`${code}: ${message}`);
              await library.createSessions(language, { durable: true }).catch(refusal);
              const others = await library.createSessions(language, {
                optionsFor: () => ({ packages: ["six"] }),
              });
              await others.run("a", count).catch(refusal);
              await others.close();
              return { live, results, names: all.sort(), refusals };
            },
            language,
            dialect.count,
          );
          assert.equal(live, 2);
          assert.deepEqual(results, ["3", "2", "2", "2", "3"]);
          assert.deepEqual(names, ["a", "b", "c", "d", "e"]);
          assert.deepEqual(refusals, [
            "INVALID_OPTION: durable states cannot be had in a browser",
            "INVALID_OPTION: packages cannot be had in a browser",
          ]);
        });

        test(`${language}: what only Node.js has is refused`, async () => {
          const messages = await page.evaluate(async (language) => {
            const messages = [];
            for (const options of [
              { mounts: [{ hostPath: "/", guestPath: "/mnt" }] },
              { packages: ["numpy"] },
              { cpuTimeoutMs: 5 },
              { runtimeDirectory: "/x" },
              { network: { allow: ["*:443"] } },
            ]) {
              await library.createSession(language, options).catch(({ code, message }) => {
                messages.push(`${code}: ${message}`);
              });
            }
            return messages;
          }, language);
          assert.deepEqual(messages, [
            "INVALID_OPTION: mounts of host directories cannot be had in a browser",
            "INVALID_OPTION: packages cannot be had in a browser",
            "INVALID_OPTION: cpuTimeoutMs cannot be had in a browser",
            "INVALID_OPTION: runtimeDirectory cannot be had in a browser",
            language === "python"
              ? "INVALID_OPTION: network is for JavaScript's fetch: a browser has no sockets"
              : "INVALID_OPTION: network.allow: *:443 cannot be had in a browser, which does not tell where a name leads: name the hosts",
          ]);
        });
      }

      test("python: input is asked for in the page", { skip: !isIsolated }, async () => {
        const result = await page.evaluate(async (code) => {
          const session = await library.createSession("python");
          const { result } = await session.run(code, { onInput: async () => "line\n" });
          await session.close();
          return result;
        }, dialects.python.read);
        assert.equal(result, "'line!'");
      });

      test("input that nobody could give is refused before the run", { skip: isIsolated }, async () => {
        const refusal = await page.evaluate(async (code) => {
          const session = await library.createSession("python");
          const refusal = await session
            .run(code, { onInput: async () => "line\n" })
            .catch(({ code, message }) => `${code}: ${message}`);
          await session.close();
          return refusal;
        }, dialects.python.read);
        assert.match(
          refusal,
          /^INVALID_OPTION: onInput cannot be used: the page is not cross-origin isolated/,
        );
      });
    });
  }
});
