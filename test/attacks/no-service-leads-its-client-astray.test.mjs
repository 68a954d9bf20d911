// The promise: whatever answers in the service's place, the client ends, holds little, and tells nobody else its token.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { connect, ServiceError } from "wasm-repl/client";

const token = "wr_the-secret-of-this-test";
const ends = new Set();
after(() => {
  for (const end of ends) end();
});

/** A server that answers each request, once its head and body are there, as the test says. */
async function serve(answer) {
  const sockets = new Set();
  const requests = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (;;) {
        const end = text.indexOf("\r\n\r\n");
        if (end < 0) return;
        const [, length = 0] = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end)) ?? [];
        if (text.length < end + 4 + Number(length)) return;
        requests.push(text.slice(0, end));
        text = text.slice(end + 4 + Number(length));
        answer(socket, requests.at(-1), requests.length);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.add(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, requests };
}

const head = (status, type, more = "") => `HTTP/1.1 ${status} X\r\ncontent-type: ${type}\r\n${more}`;
const whole = (status, type, body, more = "") =>
  `${head(status, type, more)}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const events = (...all) =>
  all
    .map(
      ([event, data, id]) => `${id ? `id: ${id}\n` : ""}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`,
    )
    .join("");
const stream = (...all) =>
  `${head(200, "text/event-stream", "transfer-encoding: chunked\r\n")}\r\n${chunk(events(...all))}0\r\n\r\n`;

const time = "2026-01-01T00:00:00.000Z";
const info = { key: "s", spec: { language: "python" }, state_bytes: 0, created_at: time, updated_at: time };
const made = whole(200, "application/json", JSON.stringify(info));
const result = (cell, more = {}) => ({
  cell,
  status: "ended",
  attempts: 1,
  result: { result: "42", ...more },
});

/** A session of a server that makes any, and answers what is asked of it as the test says. */
async function sessionOf(answer, options = {}) {
  let count = 0;
  const server = await serve((socket, request) => {
    if (/^(PUT|GET) \/v1\/sessions\/s HTTP/.test(request)) socket.write(made);
    else answer(socket, request, ++count);
  });
  const client = connect({ url: server.url, token, retryMs: 300, quietMs: 200, answerMs: 200, ...options });
  return { ...server, client, session: await client.createSession("s", "python") };
}

const fault = (promise) =>
  promise.then(
    (value) => assert.fail(`it resolved with ${JSON.stringify(value)}`),
    (error) => error,
  );

async function refused(promise, ...codes) {
  const error = await fault(promise);
  assert.ok(error instanceof ServiceError, String(error?.stack));
  assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
  assert.doesNotMatch(`${error.message} ${error.stack}`, new RegExp(token));
  assert.doesNotMatch(error.message, /\p{Cc}/u);
  return error;
}

test("what is no answer of the service is refused at once, whatever it is", async () => {
  for (const answer of [
    whole(200, "text/html", "<p>hello</p>"),
    whole(404, "text/html", "<p>not here</p>"),
    whole(500, "application/problem+json", "nonsense"),
    whole(418, "application/problem+json", JSON.stringify({ code: "evil\n", detail: 1 })),
    whole(200, "application/json", "null"),
    whole(200, "application/json", "[]"),
    whole(
      200,
      "application/json",
      JSON.stringify({ cell: "other", status: "ended", attempts: 1, result: {} }),
    ),
    whole(200, "application/json", JSON.stringify({ ...result("c"), result: null })),
    whole(200, "application/json", JSON.stringify(result("c", { output: 1 }))),
    whole(200, "application/json", JSON.stringify(result("c", { value: { $bytes: "%" } }))),
    whole(200, "application/json", JSON.stringify(result("c", { suspended: [{ call: 1 }] }))),
    whole(200, "application/json", `{"cell":${"[".repeat(100_000)}`),
    stream(["result", result("other")]),
    stream(["result", { cell: "c", status: "won", attempts: 1 }]),
    stream(["output", { stream: "stdin", text: "x" }, "f.1"]),
    stream(["attempt", {}, "f.1"]),
    stream(["failed", { detail: "no code" }]),
  ]) {
    const { session, requests } = await sessionOf((socket) => socket.write(answer));
    await refused(session.run("1", { cellId: "c", onOutput: () => {} }), "INVALID_ANSWER");
    assert.equal(requests.length, 2, answer);
  }
});

test("members named __proto__ change nothing, and are members", async () => {
  const text = JSON.stringify(result("c")).replace(
    '"result":{',
    '"result":{"__proto__":{"stopped":"x"},"value":{"__proto__":{"a":1}},',
  );
  const { session } = await sessionOf((socket) => socket.write(whole(200, "application/json", text)));
  const { value, stopped } = await session.run("1", { cellId: "c" });
  assert.equal(stopped, undefined);
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal({}.a, undefined);
});

test("an answer that is cut at any byte is asked for again, and its output comes once", async () => {
  const all = stream(
    ["attempt", { cell: "c", attempt: 1 }, "f.1"],
    ["output", { cell: "c", stream: "stdout", text: "aé\r\n" }, "f.2"],
    ["output", { cell: "c", stream: "stderr", text: "b" }, "f.3"],
    ["result", result("c", { output: "aé\r\nb", stdout: "aé\r\n", stderr: "b" }), "f.4"],
  );
  const bytes = Buffer.from(all);
  // The head in bigger steps: each is cut off before anything was said.
  const bodyAt = all.indexOf("\r\n\r\n") + 4;
  const places = Array.from({ length: bytes.length - 5 }, (_, at) => at).filter(
    (at) => at >= bodyAt || at % 25 === 0,
  );
  await Promise.all(places.map(cutAt));

  async function cutAt(at) {
    const { session, requests, client } = await sessionOf(
      (socket, request, count) => {
        if (count === 1) return socket.end(bytes.subarray(0, at));
        // As the service does: behind the event that came last.
        const [, last = 0] = /last-event-id: f\.(\d)/i.exec(request) ?? [];
        const rest = [...all.matchAll(/id: f\.(\d)\nevent: (\w+)\ndata: (.*)\n\n/g)]
          .filter(([, number]) => Number(number) > Number(last))
          .map(([, number, event, data]) => [event, JSON.parse(data), `f.${number}`]);
        socket.write(stream(...rest));
      },
      { quietMs: 60_000, answerMs: 60_000, retryMs: 60_000 },
    );
    const seen = { stdout: "", stderr: "" };
    const { result: text } = await session.run("1", {
      cellId: "c",
      onOutput: (name, piece) => {
        seen[name] += piece;
      },
      onRestart: () => {
        seen.stdout = seen.stderr = "";
      },
    });
    assert.equal(text, "42");
    assert.deepEqual(seen, { stdout: "aé\r\n", stderr: "b" }, `cut at ${at}`);
    const ids = requests
      .filter((each) => each.startsWith("POST"))
      .map((each) => /idempotency-key: (.*)/i.exec(each)[1]);
    assert.deepEqual(new Set(ids), new Set(["c"]));
    client.close();
  }
});

test("events that go backwards, come twice or come from elsewhere give no output twice", async () => {
  const output = (text, id) => ["output", { cell: "c", stream: "stdout", text }, id];
  const { session } = await sessionOf((socket, _request, count) => {
    if (count === 1) {
      socket.write(
        stream(
          ["attempt", { cell: "c", attempt: 1 }, "f.5"],
          output("a", "f.6"),
          output("a", "f.6"),
          ["attempt", { cell: "c", attempt: 1 }, "f.5"],
          output("x", "f.3"),
          output("b", "f.9"),
        ),
      );
    } else {
      // In the middle of what another worker has, of whose beginning nothing is told.
      socket.write(
        stream(output("c", "g.70"), ["result", result("c", { output: "abc", stdout: "abc" }), "g.71"]),
      );
    }
  });
  const seen = [];
  await session.run("1", { cellId: "c", onOutput: (_name, text) => seen.push(text) });
  assert.equal(seen.join(""), "abc");
});

test("a service that says nothing, or nothing new, is given up", async () => {
  for (const answer of [
    () => {},
    (socket) => socket.write(head(200, "text/event-stream")),
    (socket) => socket.write(`${head(200, "text/event-stream")}\r\n`),
    (socket) => socket.write(stream()),
    (socket) => socket.write(stream(["attempt", { cell: "c", attempt: 1 }, "f.1"])),
    (socket) => socket.write(stream(["failed", { code: "UNAVAILABLE", detail: "x" }])),
    (socket) => socket.write(whole(503, "text/plain", "x", "retry-after: 0\r\n")),
    (socket) =>
      socket.write(whole(429, "application/problem+json", JSON.stringify({ code: "BUSY", detail: "x" }))),
    (socket) => socket.destroy(),
    (socket) => socket.write("no HTTP at all\r\n\r\n"),
    (socket) =>
      socket.write(whole(200, "application/json", JSON.stringify({ ...result("c"), status: "running" }))),
  ]) {
    const { session, client } = await sessionOf(answer);
    const error = await refused(session.run("1", { cellId: "c" }), "UNREACHABLE", "UNAVAILABLE", "BUSY");
    assert.equal(error.cellId, "c");
    client.close();
  }
  const { session, client } = await sessionOf(() => {});
  await refused(session.files.read("x"), "UNREACHABLE");
  client.close();
});

test("a time to wait that is longer than anybody would wait is not waited for", async () => {
  const { session } = await sessionOf((socket) =>
    socket.write(
      whole(
        503,
        "application/problem+json",
        JSON.stringify({ code: "UNAVAILABLE", detail: "x" }),
        "retry-after: 99999999\r\n",
      ),
    ),
  );
  const error = await refused(session.run("1"), "UNAVAILABLE");
  assert.equal(error.retryAfterMs, 99_999_999_000);
});

test("a flood ends: of events without an end, of one event without an end, of an error that never stops", async () => {
  const megabyte = "x".repeat(1024 * 1024);
  /** Writes for as long as anybody reads. */
  function flood(socket, first, piece) {
    socket.write(first);
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on("drain", more);
    more();
  }
  for (const [type, status, begin] of [
    ["text/event-stream", 200, "event: output\ndata: "],
    ["text/event-stream", 200, ""],
    ["text/plain", 200, "x"],
    ["application/json", 200, '"'],
    ["application/problem+json", 400, '"'],
  ]) {
    let closed;
    const { session, client } = await sessionOf((socket) => {
      closed = new Promise((resolve) => socket.once("close", resolve));
      flood(socket, `${head(status, type)}\r\n${begin}`, begin === "" ? `data: ${megabyte}\n` : megabyte);
    });
    await refused(session.run("1", { cellId: "c" }), "INVALID_ANSWER");
    // It does not go on behind the client's back.
    await closed;
    client.close();
  }
});

test("the token goes to the service alone: no redirect is followed", async () => {
  const stolen = [];
  const thief = await serve((socket, request) => {
    stolen.push(request);
    socket.write(made);
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const server = await serve((socket) =>
      socket.write(whole(status, "text/plain", "", `location: ${thief.url}/v1/sessions/s\r\n`)),
    );
    const client = connect({ url: server.url, token, retryMs: 0 });
    await refused(client.createSession("s", "python"), "REDIRECTED");
    await refused(client.openSession("s"), "REDIRECTED");
    assert.match(server.requests[0], new RegExp(`authorization: Bearer ${token}`, "i"));
  }
  assert.deepEqual(stolen, []);
});

test("no key, id or path leads to another address than its own", async () => {
  const { session, client, requests } = await sessionOf((socket) =>
    socket.write(whole(204, "text/plain", "")),
  );
  for (const name of ["..", ".", "a/b", "a?b", "a#b", "", "%2e%2e", "//x", "a\nb", 1]) {
    await refused(client.openSession(name), "INVALID_OPTION");
    await refused(session.fork(name), "INVALID_OPTION");
    await refused(session.run("1", { cellId: name }), "INVALID_OPTION");
    await refused(session.interrupt(name), "INVALID_OPTION");
    await refused(client.answer(name, { value: 1 }), "INVALID_OPTION");
  }
  const before = requests.length;
  for (const path of [
    "..",
    "../../other/files/x",
    "/..",
    "//evil.example/x",
    "?list",
    "#",
    "%2e%2e/x",
    "a/./../b",
  ]) {
    await session.files.write(path, "x");
  }
  for (const request of requests.slice(before)) {
    assert.match(request, /^PUT \/v1\/sessions\/s\/files\/[^/?#]+ HTTP/);
    assert.doesNotMatch(request, /files\/(\.|%2e)+ /i);
  }
});

test("pages of sessions that lead nowhere end", async () => {
  const server = await serve((socket) =>
    socket.write(whole(200, "application/json", JSON.stringify({ sessions: [], next: "again" }))),
  );
  const client = connect({ url: server.url });
  await refused(
    (async () => {
      for await (const each of client.sessions()) assert.fail(each.key);
    })(),
    "INVALID_ANSWER",
  );
});
