// The service's client in a page, and the example's page for approvals: its buttons by keyboard, and what axe-core finds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request as ask, createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { connect } from "wasm-repl/client";
import { ask as askForPayment } from "../../examples/approval-service/ask.mjs";
import { startPage } from "../../examples/approval-service/page.mjs";
import { startService } from "../service/service.mjs";
import { chromiumSkip, launchChromium } from "./chromium.mjs";

const read = (path) => readFileSync(createRequire(import.meta.url).resolve(path), "utf8");

describe("the service in a browser", { skip: chromiumSkip }, () => {
  let browser;
  let service;
  before(async () => {
    [browser, service] = await Promise.all([launchChromium(), startService()]);
  });
  after(async () => {
    await browser?.close();
    await service?.end();
  });

  async function openPage(url) {
    const page = await browser.newPage();
    page.on("pageerror", (error) => console.error(`error in the page: ${error.message}`));
    await page.goto(url);
    return page;
  }

  /** A page's own server, which passes on to the service what is asked of it. */
  async function startSite() {
    const target = new URL(service.address);
    const server = createServer((request, response) => {
      if (request.url === "/client.js") {
        return response
          .writeHead(200, { "content-type": "text/javascript" })
          .end(readFileSync(new URL("../../dist/client/index.js", import.meta.url), "utf8"));
      }
      if (!request.url.startsWith("/sessions/")) {
        return response
          .writeHead(200, { "content-type": "text/html" })
          .end("<!doctype html><title>site</title>");
      }
      const { origin: _, ...headers } = request.headers;
      const passed = ask(
        {
          host: target.hostname,
          port: target.port,
          path: request.url.slice("/sessions".length),
          method: request.method,
          headers: { ...headers, host: target.host },
        },
        (answer) => {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        },
      );
      passed.on("error", () => response.destroy());
      response.on("close", () => passed.destroy());
      request.pipe(passed);
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { url: `http://127.0.0.1:${server.address().port}`, end: () => server.close() };
  }

  test("a page runs cells with their output as it comes, writes files, stops cells, and meets errors", async () => {
    const site = await startSite();
    const page = await openPage(site.url);
    const told = await page.evaluate(async (path) => {
      const { connect } = await import(path);
      const client = connect({ url: `${location.origin}/sessions` });
      const session = await client.createSession("page", "python");
      const seen = [];
      const { result } = await session.run("print('on', flush=True)\n6 * 7", {
        onOutput: (stream, text) => seen.push(stream, text),
      });
      await session.files.write("a b", new Uint8Array([1, 2]));
      const bytes = [...(await session.files.read("a b"))];
      const stopping = session.run("print('on', flush=True)\nwhile True: pass", {
        onOutput: () => session.interrupt(),
      });
      const { stopped } = await stopping;
      const { code } = await client.openSession("none").catch((error) => error);
      client.close();
      return { seen, result, bytes, stopped, code };
    }, "/client.js");
    assert.deepEqual(told, {
      seen: ["stdout", "on\n"],
      result: "42",
      bytes: [1, 2],
      stopped: "interrupt",
      code: "NOT_FOUND",
    });
    await page.close();
    site.end();
  });

  test("a payment is approved by keyboard, axe-core finds nothing, and no other page decides", async () => {
    const client = connect({ url: service.address });
    await askForPayment(client, "<script>alert(1)</script>", 500);
    await askForPayment(client, "the rent", 700);
    const approvals = await startPage(client, 0);
    const page = await openPage(approvals.url);
    const violations = async () => {
      await page.evaluate(read("axe-core/axe.min.js"));
      const found = await page.evaluate(async () => (await globalThis.axe.run()).violations);
      return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
    };
    const texts = (selector) => page.$$eval(selector, (all) => all.map((each) => each.textContent));
    assert.deepEqual(await violations(), []);
    assert.deepEqual(await texts("h2"), ["<script>alert(1)</script>: 500.00", "the rent: 700.00"]);
    const [action] = await page.$$eval("form", (forms) => forms.map((form) => form.getAttribute("action")));
    for (const headers of [{ origin: "http://evil.example" }, {}, { origin: "null" }]) {
      const body = new URLSearchParams({ decision: "yes" });
      const { status } = await fetch(approvals.url + action, { method: "POST", body, headers });
      assert.ok([403, 404].includes(status), String(status));
    }
    await page.keyboard.press("Tab");
    await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    assert.deepEqual(await texts("[role=status]"), ["Done. <script>alert(1)</script>: paid 500.00\n"]);
    assert.equal((await texts("h2")).length, 1);
    assert.deepEqual(await violations(), []);
    await page.close();
    await approvals.close();
    client.close();
  });
});
