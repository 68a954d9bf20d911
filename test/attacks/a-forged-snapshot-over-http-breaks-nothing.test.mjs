// A snapshot that a client gives is a stranger's, whatever it says of itself.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { createSession } from "wasm-repl";
import { startService } from "../service/service.mjs";
import { seededRandom } from "./random.mjs";

const forgeries = Number(process.env.WASM_REPL_TEST_FORGERIES ?? 40);
const seed = Number(process.env.WASM_REPL_TEST_SEED ?? 1);

let service;
let snapshot;
before(async () => {
  service = await startService({ maxHot: 2, limits: { memoryBytes: 64 * 2 ** 20, maxFileBytes: 2 ** 20 } });
  await service.create("victim", { language: "python" });
  await service.run("victim", "x = 'kept'");
  snapshot = (await service.ask("GET", "/v1/sessions/victim/snapshot")).body;
});
after(() => service.end());

const put = (bytes, key = "victim") => service.ask("PUT", `/v1/sessions/${key}/snapshot`, bytes);

async function isAsItWas() {
  assert.equal((await service.run("victim", "y = x; y")).result, "'kept'");
}

test("what is changed anywhere is refused, and the session is as it was", async () => {
  const random = seededRandom(seed);
  for (let n = 0; n < forgeries; n++) {
    const forged = snapshot.slice(0, random(3) === 0 ? random(snapshot.length) : snapshot.length);
    for (let change = random(4); change >= 0 && forged.length > 0; change--) {
      forged[random(forged.length)] ^= 1 + random(255);
    }
    const { status, body } = await put(forged);
    assert.ok([409, 422].includes(status), JSON.stringify(body));
    assert.match(body.detail, /^the snapshot cannot be used: [^\n]+$/);
  }
  await isAsItWas();
});

test("one that is sound and does not fit is refused: another language, larger limits, a part, one that waits", async () => {
  const of = async (language, options, code, what = {}) => {
    const session = await createSession(language, options);
    const { snapshot: whole } = await session.run(code, { snapshot: true });
    const given = what.part ? (await session.run("z = 2", { snapshot: { since: whole } })).snapshot : whole;
    await session.close();
    return given;
  };
  const functions = { f: { run: (_, { suspend }) => suspend() } };
  for (const [bytes, status, code] of [
    [await of("javascript", {}, "1"), 409, "RUNTIME_MISMATCH"],
    [await of("python", {}, "x = bytes(80_000_000)"), 422, "INVALID_SNAPSHOT"],
    [await of("python", {}, "open('f', 'wb').write(bytes(2_000_000))"), 422, "INVALID_SNAPSHOT"],
    [await of("python", {}, "x = 1", { part: true }), 422, "INVALID_SNAPSHOT"],
    [await of("python", { functions }, "await f.aio()"), 422, "INVALID_SNAPSHOT"],
    [new Uint8Array(0), 422, "INVALID_SNAPSHOT"],
    [new Uint8Array(1_000_000), 422, "INVALID_SNAPSHOT"],
  ]) {
    const answer = await put(bytes);
    assert.deepEqual([answer.status, answer.body.code], [status, code], answer.body.detail);
  }
  await isAsItWas();
});

test("a snapshot brings no right with it: what its session had been given is not there", async () => {
  const functions = { secret: { run: () => "secret" } };
  const session = await createSession("python", { functions, env: { TOKEN: "t" } });
  const { snapshot: bytes } = await session.run("import os; f = secret", { snapshot: true });
  await session.close();
  await service.create("brought");
  assert.equal((await put(bytes, "brought")).status, 204);
  const { exception } = await service.run("brought", "f()");
  assert.equal(exception.type, "HostError");
  assert.equal((await service.run("brought", "t = os.environ.get('TOKEN'); str(t)")).result, "'None'");
});

test("one that is larger than any may be is refused by its length, before it is sent", async () => {
  const { hostname, port } = new URL(service.address);
  const socket = connect(Number(port), hostname);
  socket.write(
    `PUT /v1/sessions/victim/snapshot HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${2 ** 40}\r\n\r\n`,
  );
  let answer = "";
  for await (const chunk of socket) answer += chunk;
  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /"TOO_LARGE"/);
  await isAsItWas();
});
