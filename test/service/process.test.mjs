// The command as an operator has it: processes that are started, killed and asked to end.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { commandPath, finish, run } from "../commands.mjs";
import { command, startOnTerminal } from "../on-terminal.mjs";
import { startServing } from "./processes.mjs";
import { clientOf, gathered, temporaryDirectory } from "./service.mjs";

const folder = temporaryDirectory();
after(() => rmSync(folder, { recursive: true, force: true }));

async function serve(data, ...options) {
  const service = await startServing(data, ...options);
  return { ...clientOf(service.address), ...service };
}

test("what was answered is there after kill -9, and the session goes on", async () => {
  const data = join(folder, "killed");
  let sum = 0;
  for (let round = 0; round < 3; round++) {
    const service = await serve(data);
    if (round === 0) {
      await service.create("s");
      await service.run("s", "n = 0");
    }
    for (const step of [1, 2]) {
      sum += step;
      assert.equal((await service.run("s", `n += ${step}; n`)).result, String(sum));
    }
    const { signal } = await service.kill("SIGKILL");
    assert.equal(signal, "SIGKILL");
  }
});

test("a cell whose process was killed runs again by itself, from the state before it", async () => {
  const data = join(folder, "open");
  const first = await serve(data);
  await first.create("s");
  await first.run("s", "n = 1");
  const code = "import os\nn += 1\nprint('on', flush=True)\nimport time\ntime.sleep(0.3)\nn + 0";
  const events = first.events("POST", "/v1/sessions/s/cells", { code }, { "idempotency-key": "c" });
  while ((await events.next()).value.event !== "output");
  await first.kill("SIGKILL");
  await assert.rejects(gathered(events));
  const second = await serve(data);
  const seen = await gathered(second.events("GET", "/v1/sessions/s/events?cell=c"));
  assert.deepEqual(seen.at(-1).data.result.result, "2");
  const { body } = await second.cell("s", code, "c");
  assert.deepEqual([body.status, body.attempts, body.result.result], ["ended", 2, "2"]);
  await second.kill("SIGTERM");
});

test("a cell that may run once is lost with its process, and so is one that has been tried three times", async () => {
  const data = join(folder, "lost");
  let service = await serve(data);
  const begin = async (key, request) => {
    const events = service.events("POST", `/v1/sessions/${key}/cells`, request, { "idempotency-key": "c" });
    while ((await events.next()).value.event !== "output");
    gathered(events).catch(() => {});
  };
  const code = "x = 1\nprint('on', flush=True)\nimport time\ntime.sleep(600)";
  for (const key of ["once", "thrice"]) await service.create(key);
  await begin("once", { code, at_most_once: true });
  await begin("thrice", { code });
  for (const attempt of [2, 3]) {
    await service.kill("SIGKILL");
    service = await serve(data);
    const events = service.events("GET", "/v1/sessions/thrice/events?cell=c");
    for (;;) {
      const { value } = await events.next();
      if (value.event === "output") break;
      if (value.event === "attempt") assert.equal(value.data.attempt, attempt);
    }
    await events.return();
  }
  await service.kill("SIGKILL");
  service = await serve(data);
  for (const key of ["once", "thrice"]) {
    const { body } = await service.cell(key, key === "once" ? { code, at_most_once: true } : code, "c");
    assert.deepEqual([body.status, body.attempts], ["lost", key === "once" ? 1 : 3]);
    assert.equal((await service.run(key, "('x' in globals(), 1)[0]")).result, "False");
  }
  await service.kill("SIGTERM");
});

test("SIGTERM lets a cell end that runs, takes nothing new, and ends the process well", async () => {
  const service = await serve(join(folder, "drained"));
  await service.create("s");
  const events = service.events("POST", "/v1/sessions/s/cells", {
    code: "print('on', flush=True)\nimport time\ntime.sleep(0.5)\n6 * 7 + 0",
  });
  while ((await events.next()).value.event !== "output");
  const ended = service.kill("SIGTERM");
  for (;;) {
    const { status } = await service.ask("GET", "/readyz");
    if (status === 503) break;
  }
  const refused = await service.cell("s", "1");
  assert.deepEqual([refused.status, refused.body.code], [503, "DRAINING"]);
  assert.ok(refused.headers.get("retry-after"));
  assert.equal((await gathered(events)).at(-1).data.result.result, "42");
  const { code, stderr } = await ended;
  assert.equal(code, 0);
  assert.equal(stderr, "wasm-repl: SIGTERM: ending, once what runs has ended\n");
});

test("a cell that outlasts the time for ending is left, and runs again in the next process", async () => {
  const data = join(folder, "undrained");
  const service = await serve(data, "--drain-timeout", "100ms");
  await service.create("s");
  const events = service.events(
    "POST",
    "/v1/sessions/s/cells",
    {
      code: "import os\nprint('on', flush=True)\nimport time\ntime.sleep(0 if os.path.exists('go') else 600)\n'done' + ''",
    },
    { "idempotency-key": "c" },
  );
  while ((await events.next()).value.event !== "output");
  const { code } = await service.kill("SIGTERM");
  assert.equal(code, 0);
  assert.deepEqual((await gathered(events)).at(-1).event, "failed");
  const next = await serve(data);
  while ((await next.ask("GET", "/v1/sessions/s/cells/c")).body.attempts < 2);
  await next.ask("POST", "/v1/sessions/s/cells/c/interrupt");
  const { data: answer } = (await gathered(next.events("GET", "/v1/sessions/s/events?cell=c"))).at(-1);
  assert.equal(answer.result.stopped, "interrupt");
  await next.kill("SIGTERM");
});

test("what cannot be is said in one line, with exit code 2", async () => {
  const secret = join(folder, "secret");
  writeFileSync(secret, "short\n");
  const tokens = join(folder, "tokens");
  writeFileSync(tokens, '{"name":"a"}\n');
  mkdirSync(join(folder, "used"));
  const used = await serve(join(folder, "used"));
  const at = (...options) => ["serve", "--data", join(folder, "x"), ...options];
  for (const [args, line] of [
    [[], /it takes serve or token/],
    [["sreve"], /there is no "sreve": it takes serve or token/],
    [["serve"], /needs --data DIR, or --postgres URL/],
    [at("--dta"), /unknown option --dta; did you mean --data\?/],
    [at("more"), /takes options only, not "more"/],
    [at("--listen", "7070"), /--listen takes HOST:PORT/],
    [at("--listen", "0.0.0.0:0"), /without a file of tokens it listens on the loopback address only/],
    [at("--listen", new URL(used.address).host), /cannot listen on .*something else listens there/],
    [["serve", "--data", join(folder, "used"), "--listen", "127.0.0.1:0"], /is in use by the process/],
    [at("--token-file", tokens), /line 1: sha256 is not the 64 hexadecimal digits/],
    [at("--token-file", join(folder, "none")), /cannot read the tokens in .*ENOENT/],
    [at("--cluster-secret-file", secret), /holds no secret/],
    [["serve", "--postgres", "postgres://x", "--data", "y"], /--data does not go with --postgres/],
    [at("--packages", "x=none"), /cannot read the lock none: ENOENT/],
    [at("--max-memory", "1k"), /--max-memory takes a size/],
    [["token", "--verbs", "all"], /--verbs takes create, delete/],
  ]) {
    const { code, stdout, stderr } = await run("wasm-repl", args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.equal(stdout, "");
    assert.match(stderr, /^wasm-repl: [^\n]+\n$/);
    assert.match(stderr, line);
  }
  await used.kill("SIGTERM");
});

test("help and version are there for each of its words", async () => {
  for (const words of [[], ["serve"], ["token"]]) {
    const { stdout, code } = await run("wasm-repl", [...words, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: wasm-repl ${words[0] ?? "serve"}`));
    assert.match((await run("wasm-repl", [...words, "--version"])).stdout, /^wasm-repl \d/);
  }
});

test("on a terminal it says where it listens, and Ctrl-C ends it", async () => {
  const terminal = startOnTerminal(
    command("wasm-repl", "serve", "--data", join(folder, "terminal"), "--listen", "127.0.0.1:0"),
  );
  await terminal.see(/listening on http:\/\/127\.0\.0\.1:\d+/);
  terminal.type("\x03");
  const { code } = await terminal.ended;
  assert.equal(code, 0);
  assert.match(terminal.shown(), /SIGINT: ending/);
});

test("the commands of docs/service.md do what it says, one after the other", async () => {
  const page = readFileSync(new URL("../../docs/service.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);
  assert.equal(blocks.length, 3);
  const port = await freePort();
  const script = blocks
    .join("")
    .replaceAll(
      "node_modules/.bin/wasm-repl serve",
      `"${process.execPath}" "${commandPath("wasm-repl")}" serve --listen 127.0.0.1:${port}`,
    )
    .replaceAll("localhost:7070", `localhost:${port}`)
    .replaceAll("curl ", "curl -sS ")
    // A person waits until it says that it listens.
    .replaceAll(
      /&$/gm,
      `>&2 &\nuntil curl -so /dev/null localhost:${port}/readyz; do kill -0 $! || exit; sleep 0.05; done`,
    );
  const where = join(folder, "page");
  mkdirSync(where);
  const { stdout, code, stderr } = await finish(
    spawn("sh", ["-c", `${script}\nkill $!\nwait $!`], { cwd: where, stdio: "pipe" }),
  );
  assert.equal(code, 0, stderr);
  const outputs = [...stdout.matchAll(/"output":"([^"]*)"/g)].map(([, output]) => output);
  assert.deepEqual(outputs, ["42\\n", "43\\n"]);
});

test("docs/service.md has every option of serve, and every code of a failure", async () => {
  const page = readFileSync(new URL("../../docs/service.md", import.meta.url), "utf8");
  const { stdout } = await run("wasm-repl", ["serve", "--help"]);
  for (const [, option] of stdout.matchAll(/^ {2}(--[\w-]+)/gm))
    assert.ok(page.includes(`\`${option}`), option);
  const source = readFileSync(new URL("../../src/service/failure.ts", import.meta.url), "utf8");
  for (const [, code] of source.matchAll(/^ {2}([A-Z_]+): \d+/gm))
    assert.ok(page.includes(`\`${code}\``), code);
});

test("docs/service-security.md names tests that are there", () => {
  const page = readFileSync(new URL("../../docs/service-security.md", import.meta.url), "utf8");
  const promises = page.slice(page.indexOf("## Promises"), page.indexOf("## How"));
  const rows = [...promises.matchAll(/^\| [^|]+ \| ([^|]+) \|$/gm)].slice(1).map(([, tests]) => tests);
  assert.ok(rows.length >= 20);
  for (const [, name] of rows.join(" ").matchAll(/`([^`]+)`/g)) {
    const places = [
      name,
      `test/service/${name}`,
      `test/attacks/${name}.test.mjs`,
      `src/service/${name}`,
      `src/service/store/${name}`,
    ];
    assert.ok(
      places.some((place) => existsSync(new URL(`../../${place}`, import.meta.url))),
      name,
    );
  }
});

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  return port;
}
