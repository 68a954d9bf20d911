import assert from "node:assert/strict";
import { test } from "node:test";
import type { GuestCall, HostAnswer, HostLine } from "../host-line.js";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/** A host that has `ask`, which it answers another day, and `now`, which it answers at once. */
function createLine() {
  const answers: HostAnswer[] = [];
  const calls: GuestCall[] = [];
  const cancelled: number[] = [];
  const line: HostLine = {
    maxCallBytes: 1_000_000,
    pendingBytes: () => 1_000_000,
    call(call) {
      calls.push(call);
      const { id, name, args } = call;
      if (name === "ask") answers.push({ id, isSuspended: true });
      else if (name === "now") answers.push({ id, value: args });
    },
    refuse: (id, message) => void answers.push({ id, error: { type: "ValueError", message } }),
    cancel: (id) => void cancelled.push(id),
    display() {},
    receive: () => answers.shift(),
    isAnswered: () => false,
    isInterrupted: () => false,
    network: { ask() {}, look() {}, wait: () => "late" },
  };
  return { line, answers, calls, cancelled };
}

const functions = ["ask", "now"].map((name) => ({ name }));
const value = (json: string) => ({ value: { json, bytes: [] } });

test("a program that awaits is suspended with its calls, and goes on as the program that it was", () => {
  const { line, answers } = createLine();
  const guest = createTestGuest(boot, { line });
  const code =
    "process.on('exit', () => print('exit')); print(await ask(new Uint8Array([1]), { a: 2 })); ask.nope()";
  const first = guest.run({ mode: "program", code, filename: "p.js", functions });
  assert.deepEqual(first, {
    suspended: [
      { id: 1, name: "ask", args: { json: '[[{"$bytes":0},{"a":2}],{}]', bytes: [new Uint8Array([1])] } },
    ],
  });
  assert.equal(guest.stdout(), "");
  answers.push({ id: 1, ...value("41") });
  const { exitCode, exception } = guest.run({ mode: "resume", code: "", filename: "" });
  assert.deepEqual([exitCode, exception?.type], [1, "TypeError"]);
  assert.equal(guest.stdout(), "41\nexit\n");
  assert.match(guest.stderr(), /TypeError: not a function\n {4}at p\.js:1:/);
});

test("a module that awaits is suspended too, while its timers wait", () => {
  const { line, answers } = createLine();
  const guest = createTestGuest(boot, { line });
  const code = "import 'node:path'; setTimeout(() => print('timer'), 1); print(await ask()); export {}";
  const first = guest.run({ mode: "program", code, filename: "/m.mjs", functions });
  assert.equal(first.suspended?.length, 1);
  answers.push({ id: 1, ...value('"later"') });
  assert.equal(guest.run({ mode: "resume", code: "", filename: "" }).exitCode, 0);
  assert.deepEqual(guest.stdout().split("\n").sort(), ["", "later", "timer"]);
});

test("to go on where nothing is suspended is an error, and so is it after a run that was", () => {
  const { line, answers } = createLine();
  const guest = createTestGuest(boot, { line });
  const resume = () => guest.run({ mode: "resume", code: "", filename: "" });
  assert.equal(resume().exception?.message, "no run is suspended");
  guest.run({ mode: "cell", code: "await ask()", filename: "c", functions });
  answers.push({ id: 1, ...value("5") });
  assert.equal(resume().result, "5");
  assert.equal(resume().exception?.message, "no run is suspended");
  assert.equal(guest.cell("1 + 1").result, "2");
});

test("calls that are marked are not lost where the guest goes on from a state", () => {
  const { line, answers, cancelled } = createLine();
  const guest = createTestGuest(boot, { line });
  const code = "const failed = ask(1).catch((e) => e.type + e.message); [await ask(), await failed]";
  const first = guest.run({ mode: "cell", code, filename: "c", functions });
  assert.deepEqual(
    first.suspended?.map(({ id }) => id),
    [1, 2],
  );
  answers.push({ id: 1, error: { type: "Odd", message: "one" } }, { id: 2, ...value("2") });
  const { result } = guest.run({ mode: "resume", code: "", filename: "", isRestored: true });
  assert.equal(result, "[ 2, 'Oddone' ]");
  assert.deepEqual(cancelled, []);
});

test("what nobody can suspend is given up at the host, and so is what a stopped run has left", () => {
  const { line, cancelled, calls } = createLine();
  const guest = createTestGuest(boot, { line });
  guest.run({ mode: "cell", code: "", filename: "c", functions });
  assert.match(guest.cell("ask.sync()").exception?.message ?? "", /^ask\(\) is answered another day/);
  assert.match(guest.cell("ask(); 1").exception?.message ?? "", /^ask\(\) is answered another day/);
  assert.deepEqual(cancelled, [1, 2]);
  assert.equal(guest.cell("ask(); process.exit(3)").exitCode, 3);
  assert.deepEqual(cancelled, [1, 2, 3]);
  assert.equal(calls.length, 3);
});

test("a guest that nobody listens to has no functions, and prints what it is to show", () => {
  const guest = createTestGuest(boot);
  guest.cell(
    "display({ a: 1 }); display({ 'text/plain': 'plain', 'text/html': '<b>' }); display({ 'a/b': 1 })",
  );
  assert.equal(guest.stdout(), "{ a: 1 }\nplain\n{ 'a/b': 1 }\n");
  const { exception } = guest.run({ mode: "cell", code: "await ask()", filename: "c", functions });
  assert.equal(exception?.message, "no such host operation");
});
