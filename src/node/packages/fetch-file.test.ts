import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { fetchFile } from "./fetch-file.js";

let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
const server = createServer((request, response) => answer(request, response));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
after(() => {
  server.close();
  server.closeAllConnections();
});

const refused = (reason: RegExp) => (error: { code?: string; message: string }) => {
  assert.equal(error.code, "PACKAGES_UNAVAILABLE");
  assert.ok(error.message.startsWith(`${url} cannot be fetched: `), error.message);
  assert.match(error.message, reason);
  return true;
};

test("a file is fetched with its type, and what is not there is told apart", async () => {
  answer = (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("hello");
  const fetched = await fetchFile(url, 5);
  assert.equal(new TextDecoder().decode(fetched?.bytes), "hello");
  assert.equal(fetched?.contentType, "text/plain");
  answer = (_, response) => response.writeHead(404).end();
  assert.equal(await fetchFile(url, 5), undefined);
});

test("a server that is wrong, slow, endless or silent costs one clear line", async () => {
  answer = (_, response) => response.writeHead(503).end();
  await assert.rejects(fetchFile(url, 100), refused(/the server answers 503/));
  answer = (_, response) => response.end("x".repeat(1000));
  await assert.rejects(fetchFile(url, 100), refused(/it is larger than 100 bytes/));
  answer = (_, response) => {
    const more = () => response.write("x".repeat(100), () => setImmediate(more));
    more();
  };
  await assert.rejects(fetchFile(url, 100_000), refused(/it is larger than 100000 bytes/));
  answer = () => {};
  await assert.rejects(
    fetchFile(url, 100, "*/*", { silenceMs: 20 }),
    refused(/nothing has come for 0\.02 seconds/),
  );
  answer = (_, response) => void response.write("some");
  await assert.rejects(
    fetchFile(url, 100, "*/*", { silenceMs: 20 }),
    refused(/nothing has come for 0\.02 seconds/),
  );
  answer = (_, response) => {
    const more = () => response.write("x", () => setImmediate(more));
    more();
  };
  await assert.rejects(
    fetchFile(url, 2 ** 40, "*/*", { totalMs: 50 }),
    refused(/it has taken longer than 0\.05 seconds/),
  );
  answer = (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("only", () => response.destroy());
  };
  await assert.rejects(fetchFile(url, 1000), refused(/./));
  answer = (request, response) => response.writeHead(302, { location: request.url ?? "" }).end();
  await assert.rejects(fetchFile(url, 1000), refused(/redirect/));
  answer = (_, response) => response.writeHead(302, { location: "file:///etc/passwd" }).end();
  await assert.rejects(fetchFile(url, 1000), refused(/./));
});
