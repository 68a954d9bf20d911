// How a page gets the files of sessions: what it fetches and when, and what it says of files that are not as they should be.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

const image = "/dist/runtimes/quickjs.image";

describe("the files of sessions in a tab", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  /** Has a page of a server's do something; gives what it says and what was asked of the server. */
  async function inPage(answers, action, ...args) {
    const server = await serve(true, answers);
    try {
      const page = await openPage(browser, server.url);
      const result = await page.evaluate(action, ...args);
      await page.close();
      return { result, requests: server.requests };
    } finally {
      server.close();
    }
  }

  const create = async () => {
    const told = [];
    const onProgress = ({ loadedBytes, totalBytes }) => told.push([loadedBytes, totalBytes]);
    try {
      const session = await library.createSession("javascript", { onProgress });
      const { result } = await session.run("6 * 7");
      await session.close();
      return { result, told };
    } catch ({ code, message }) {
      return { result: `${code}: ${message}`, told };
    }
  };

  test("progress is told up to the whole, and what is there is not fetched again", async () => {
    const { result, requests } = await inPage(
      {},
      async (source) => {
        const create = new Function(`return ${source}`)();
        return [await create(), await create()];
      },
      String(create),
    );
    const [{ told }, second] = result;
    const [loaded, total] = told.at(-1);
    assert.equal(loaded, total);
    assert.deepEqual(
      told,
      [...told].sort(([a], [b]) => a - b),
    );
    assert.deepEqual([second.result, second.told], ["42", []]);
    assert.equal(requests.filter((path) => path === image).length, 1);
  });

  test("Python's library is fetched when something is imported from it, once for all sessions", async () => {
    const { result, requests } = await inPage({}, async () => {
      const sessions = [await library.createSession("python"), await library.createSession("python")];
      const results = [(await sessions[0].run("import json; json.dumps([6 * 7])")).result];
      const codes = ["import wave, sqlite3; wave.__name__", "import wave; wave.__doc__[:20]"];
      const imported = await Promise.all(sessions.map((session, index) => session.run(codes[index])));
      for (const { result, error } of imported) results.push(error ?? result);
      await Promise.all(sessions.map((session) => session.close()));
      return results;
    });
    assert.deepEqual(result, ["'[42]'", "'wave'", "'Stuff to parse WAVE '"]);
    assert.equal(requests.filter((path) => path.endsWith(".pack")).length, 1);
  });

  test("a file that breaks off is fetched again", async () => {
    let turns = 0;
    const breakOff = (_, response) => {
      if (turns++ > 0) return false;
      response.write(bytes.subarray(0, 1000), () => response.destroy());
      return true;
    };
    const { result } = await inPage({ [image]: breakOff }, create);
    assert.equal(result.result, "42");
    assert.equal(turns, 2);
    const [loaded, total] = result.told.at(-1);
    assert.equal(loaded, total);
  });

  const bytes = readFileSync(new URL(`../..${image}`, import.meta.url));
  const changed = Buffer.from(bytes);
  changed[5000] ^= 1;
  for (const [what, answer, reason] of [
    ["is not there", (response) => response.writeHead(404).end(), "the server answered 404"],
    ["was changed", (response) => response.end(changed), "it is not the file that was built"],
    [
      "is longer",
      (response) => response.end(Buffer.concat([bytes, changed])),
      "it is longer than it should be",
    ],
    ["is shorter", (response) => response.end(bytes.subarray(0, -10)), "it ends too soon"],
  ]) {
    test(`a file that ${what} is refused in one line that names it`, async () => {
      const send = (_, response) => {
        answer(response);
        return true;
      };
      const { result } = await inPage({ [image]: send }, create);
      assert.match(
        result.result,
        /^RUNTIME_UNAVAILABLE: cannot load the javascript interpreter: cannot fetch http:\S+quickjs\.image\S+: /,
      );
      assert.ok(result.result.endsWith(`: ${reason}`), result.result);
    });
  }

  test("an import whose library cannot be had fails in the code, and works once it can", async () => {
    let turns = 0;
    const missing = (_, response) => {
      // Each look-up asks twice.
      if (turns++ >= 2) return false;
      response.writeHead(503, { "Cache-Control": "no-store" }).end();
      return true;
    };
    const { result } = await inPage({ "/dist/runtimes/python.browser.pack": missing }, async () => {
      const session = await library.createSession("python");
      const first = await session.run("import wave");
      const second = await session.run("import wave; wave.__name__");
      await session.close();
      return [first.exception?.type, second.result ?? second.error];
    });
    // Python takes a directory that it cannot look at for an empty one.
    assert.match(result[0], /^(OSError|ModuleNotFoundError)$/);
    assert.equal(result[1], "'wave'");
  });

  const runTypeScript = async () => {
    const session = await library.createSession("javascript");
    const run = (code) => session.run(code, { language: "typescript" });
    const [first, second] = [await run("const n: number = 6; n * 7"), await run("enum A { B }")];
    await session.files.write("own.ts", "export const own = (text: string): string => text + '!'");
    const third = await session.run("import { own } from './own.ts'; own('yes')");
    await session.close();
    return [first.result ?? first.error, second.error, third.result ?? third.error];
  };
  const typeStripper = "/dist/runtimes/typescript.wasm";

  test("TypeScript is run, and what strips its types is fetched when it is needed first", async () => {
    const { result, requests } = await inPage({}, runTypeScript);
    assert.equal(result[0], "42");
    assert.match(result[1], /enum/);
    assert.equal(result[2], "'yes!'");
    assert.equal(requests.filter((path) => path === typeStripper).length, 1);
    const others = await inPage({}, create);
    assert.ok(!others.requests.includes(typeStripper));
  });

  test("TypeScript whose module cannot be had fails in one line, and the session goes on", async () => {
    const missing = (_, response) => !!response.writeHead(503, { "Cache-Control": "no-store" }).end();
    const { result } = await inPage({ [typeStripper]: missing }, async () => {
      const session = await library.createSession("javascript");
      const { exception, state } = await session.run("let n: number", { language: "typescript" });
      const { result } = await session.run("6 * 7");
      await session.close();
      return [exception.message, state, result];
    });
    assert.match(
      result[0],
      /TypeScript, and what strips its types cannot be loaded: .*the server answered 503/,
    );
    assert.deepEqual(result.slice(1), [null, "42"]);
  });

  const pack = "/dist/runtimes/python.browser.pack";
  const soundPack = readFileSync(new URL(`../..${pack}`, import.meta.url));
  const damagedPack = Buffer.from(soundPack);
  // In each of the blocks that are checked, but for those of the index.
  for (let at = 4 + soundPack.readUInt32LE() + 70_000; at < soundPack.length; at += 60_000)
    damagedPack[at] ^= 1;
  const importAll = async () => {
    const session = await library.createSession("python");
    const results = [];
    for (let turn = 0; turn < 2; turn++) {
      const { result, exception } = await session.run("import tarfile, wave; wave.__name__");
      results.push(result ?? exception.type);
    }
    await session.close();
    return results;
  };

  test("a library that was damaged on its way is fetched again", async () => {
    const answer = (request, response) =>
      !!response.end(request.url.includes("again") ? soundPack : damagedPack);
    const { result, requests } = await inPage({ [pack]: answer }, importAll);
    assert.deepEqual(result, ["'wave'", "'wave'"]);
    assert.equal(requests.filter((path) => path === pack).length, 2);
  });

  test("nothing is imported from a library that is damaged, until it is sound", async () => {
    let turns = 0;
    const answer = (_, response) => !!response.end(turns++ < 2 ? damagedPack : soundPack);
    const { result } = await inPage({ [pack]: answer }, importAll);
    assert.deepEqual(result, ["ImportError", "'wave'"]);
  });

  test("a worker whose script is not there fails the session, and does not hang", async () => {
    const { result } = await inPage({}, async () =>
      library.createSession("javascript", { workerUrl: "/none.js" }).then(
        () => "created",
        ({ code, message }) => `${code}: ${message}`,
      ),
    );
    assert.match(result, /^START_FAILED: .*none\.js could not be loaded/);
  });
});
