// The commands with a network: one-shot programs, the streams of JSON, and what stops a program that waits.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { commandPath, finish } from "./commands.mjs";

let server;
let host;

before(async () => {
  server = createServer((request, response) => {
    if (request.url !== "/never") response.end(`hello from ${request.url}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `localhost:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});

function start(command, ...words) {
  return spawn(process.execPath, [commandPath(command), ...words], { stdio: "pipe" });
}

const python = (path) =>
  `import urllib.request; print(urllib.request.urlopen("http://${host}${path}").read().decode())`;
const javascript = (path) => `console.log(await (await fetch("http://${host}${path}")).text())`;

for (const [command, option, code] of [
  ["pyrunner", "-c", python],
  ["jsrunner", "-e", javascript],
]) {
  test(`${command} reaches what --allow-net names, and nothing without it`, async () => {
    const given = await finish(start(command, "--allow-net", host, option, code("/a")));
    assert.equal(given.stdout, "hello from /a\n");
    const without = await finish(start(command, option, code("/a")));
    assert.match(without.stderr, /this program was given no network: --allow-net HOST\[:PORT\] gives it/);
    const other = await finish(start(command, "--allow-net", "localhost:1", option, code("/a")));
    assert.ok(other.stderr.includes(`--allow-net ${host} gives it`));
  });

  test(`${command} stops a program that waits for a server, at its time limit and at Ctrl-C`, async () => {
    const late = await finish(
      start(command, "--allow-net", host, "--timeout", "300ms", option, code("/never")),
    );
    assert.equal(late.code, 124);
    const child = start(command, "--allow-net", host, option, code("/never"));
    const ended = finish(child);
    await once(server, "request");
    child.kill("SIGINT");
    const { code: exitCode, signal } = await ended;
    assert.ok(exitCode === 130 || signal === "SIGINT", `${exitCode} ${signal}`);
  });

  test(`${command} --jsonl gives the network to all of its sessions`, async () => {
    const child = start(command, "--jsonl", "--allow-net", host);
    for (const session of ["a", "b"]) {
      child.stdin.write(`${JSON.stringify({ id: session, session, code: code(`/${session}`) })}\n`);
    }
    child.stdin.end();
    const { stdout } = await finish(child);
    for (const session of ["a", "b"]) assert.ok(stdout.includes(`hello from /${session}`), stdout);
  });
}

test("a host that is none is refused before anything starts", async () => {
  const { code, stderr } = await finish(start("pyrunner", "--allow-net", "http://a", "-c", "1"));
  assert.equal(code, 2);
  assert.match(stderr, /--allow-net takes a host such as example.com/);
});
