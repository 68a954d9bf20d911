// The files of a session are in its own memory: no path that a client can write leads to a file of the machine.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { startService } from "../service/service.mjs";

let service;
before(async () => {
  service = await startService();
  await service.create("files", { language: "python" });
  await service.run(
    "files",
    "import os; os.symlink('/etc/passwd', 'link'); os.symlink('loop', 'loop'); open('own', 'w').write('mine')",
  );
});
after(() => service.end());

/** Asks for a path as it is written: a client would tidy it up. */
function askRaw(method, path, body = "") {
  const { hostname, port } = new URL(service.address);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("end", () => resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }));
    socket.on("error", reject);
    socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      "latin1",
    );
  });
}

const tricks = [
  "../../../../../../etc/passwd",
  "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
  "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
  "..%252f..%252fetc%252fpasswd",
  "/etc/passwd",
  "%2fetc%2fpasswd",
  "//etc/passwd",
  "/proc/self/environ",
  "/dev/stdin",
  "link",
  "loop",
  "own/../../../../etc/passwd",
  "C:%5cwindows",
  "..%5c..%5cetc%5cpasswd",
  "%00",
  "own%00.txt",
  "a".repeat(3000),
  "%ff%fe",
  "%c0%ae%c0%ae/etc/passwd",
  "%",
  "%zz",
  "own;x=y",
  "own%3Fx",
  "~/.ssh/id_rsa",
  "file:%2f%2f/etc/passwd",
];

test("no way to write a path reads or lists anything of the machine's", async () => {
  for (const trick of tricks) {
    for (const query of ["", "?list", "?stat"]) {
      const { status, text } = await askRaw("GET", `/v1/sessions/files/files/${trick}${query}`);
      assert.ok(
        [400, 404, 422].includes(status) || (status === 200 && query === "?stat" && trick.includes("dev")),
        `${trick}${query}: ${text}`,
      );
      assert.doesNotMatch(text, /root:|daemon|PATH=/);
    }
  }
  assert.match((await askRaw("GET", "/v1/sessions/files/files/own")).text, /\r\n\r\nmine$/);
  assert.match((await askRaw("GET", "/v1/sessions/files/files/../user/own")).text, /\r\n\r\nmine$/);
});

test("nor does one write or remove anything there", async () => {
  for (const trick of tricks) {
    for (const [method, query] of [
      ["PUT", "?parents"],
      ["PUT", "?parents&directory"],
      ["DELETE", "?recursive"],
    ]) {
      const { status, text } = await askRaw(method, `/v1/sessions/files/files/${trick}${query}`);
      assert.ok([204, 400, 404, 422].includes(status), `${method} ${trick}: ${text}`);
    }
  }
  const { body } = await service.ask("GET", "/readyz");
  assert.equal(body.status, "ready");
});

test("whatever was done to its files, the session goes on", async () => {
  assert.equal((await service.run("files", "z = 6 * 7; z")).result, "42");
  await service.ask("POST", "/v1/sessions/files/evict");
  assert.equal((await service.run("files", "z + 0 ; z")).result, "42");
});
