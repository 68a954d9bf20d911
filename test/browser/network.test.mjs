// What JavaScript in a tab reaches of the network: what it was given, as far as the browser lets the page, and with nothing of the user's.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { chromiumSkip, launchChromium, openPage } from "./chromium.mjs";
import { serve } from "./static-server.mjs";

/** A server of another origin, which lets pages read what it answers, but for one path. */
async function serveOthers() {
  const seen = [];
  const server = createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece));
    request.on("end", () => {
      const { method, url, headers } = request;
      if (method !== "OPTIONS") seen.push({ method, url, headers, body: Buffer.concat(pieces).toString() });
      if (url !== "/closed") {
        response.setHeader("Access-Control-Allow-Origin", "*");
        response.setHeader("Access-Control-Allow-Headers", "*");
        response.setHeader("Access-Control-Allow-Methods", "*");
        response.setHeader("Access-Control-Expose-Headers", "x-own");
      }
      response.setHeader("Set-Cookie", "secret=1; SameSite=Lax");
      response.setHeader("X-Own", "yes");
      if (url === "/away") return response.writeHead(302, { Location: "/text" }).end();
      if (url === "/pieces") {
        response.write("one,");
        return setTimeout(() => response.end("two"), 50);
      }
      response.end("a text");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    seen,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the network in a tab", { skip: chromiumSkip, timeout: 120_000 }, () => {
  let browser;
  let others;
  before(async () => {
    browser = await launchChromium();
    others = await serveOthers();
  });
  after(async () => {
    await browser.close();
    others.close();
  });

  for (const isIsolated of [true, false]) {
    describe(isIsolated ? "on a page that is cross-origin isolated" : "on a page that is not", () => {
      let server;
      let page;
      before(async () => {
        server = await serve(isIsolated);
        page = await openPage(browser, server.url);
      });
      after(() => server.close());

      /** Runs code, in which URL is where the others are; gives its result, or its error's message. */
      const run = (code, options = {}) =>
        page.evaluate(
          async (code, options) => {
            const session = await library.createSession("javascript", options);
            const { result, exception } = await session.run(code);
            await session.close();
            return exception === null || exception === undefined ? result : exception.message;
          },
          code.replaceAll("URL", `http://localhost:${others.port}`),
          { network: { allow: [`localhost:${others.port}`] }, ...options },
        );

      test("fetch gives status, headers and body, piece by piece", async () => {
        const code =
          "const answer = await fetch('URL/pieces'); [answer.status, answer.headers.get('x-own'), await answer.text()]";
        assert.equal(await run(code), "[ 200, 'yes', 'one,two' ]");
      });

      test("a request has its method, headers and body, and no cookies or address of the page", async () => {
        await run("await fetch('URL/text', { credentials: 'include' })");
        others.seen.length = 0;
        const code =
          "(await fetch('URL/text', { method: 'PUT', headers: { 'X-Given': 'this' }, body: 'given' })).status";
        assert.equal(await run(code), "200");
        const [{ method, headers, body }] = others.seen;
        assert.deepEqual([method, headers["x-given"], body], ["PUT", "this", "given"]);
        assert.deepEqual([headers.cookie, headers.referer], [undefined, undefined]);
      });

      test("hosts and addresses that were not given are refused before anything is asked of them", async () => {
        others.seen.length = 0;
        for (const [code, message] of [
          ["await fetch('URL/text')", /localhost:\d+ is not among the hosts that this program was given/],
          [`await fetch('http://127.0.0.1:${others.port}/text')`, /127\.0\.0\.1 is not a public address/],
          [`await fetch('http://0x7f.1:${others.port}/text')`, /127\.0\.0\.1 is not a public address/],
          ["await fetch('file:///etc/passwd')", /file: is not supported/],
        ]) {
          assert.match(await run(code, { network: { allow: ["example.org"] } }), message);
        }
        assert.match(await run("await fetch('URL/text')", { network: undefined }), /was given no network/);
        assert.deepEqual(others.seen, []);
      });

      test("a fork gets no further by asking for everything", async () => {
        const message = await page.evaluate(async (url) => {
          const session = await library.createSession("javascript");
          const fork = await session.fork({ network: { allow: ["*"] } });
          const { exception } = await fork.run(`await fetch('${url}')`);
          await Promise.all([session.close(), fork.close()]);
          return exception.message;
        }, `http://localhost:${others.port}/text`);
        assert.match(message, /is not among the hosts/);
      });

      test("redirects are not followed, and answers that the page may not read fail", async () => {
        others.seen.length = 0;
        assert.match(await run("await fetch('URL/away')"), /redirects, and a browser does not tell where to/);
        assert.deepEqual(
          others.seen.map(({ url }) => url),
          ["/away"],
        );
        assert.match(
          await run("await fetch('URL/closed')"),
          /does not let this page read its answers \(CORS\)/,
        );
      });
    });
  }
});
