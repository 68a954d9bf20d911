import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "../../node/sessions.js";
import { Timeline } from "./timeline.js";

async function valueIn({ session }: Timeline): Promise<string | undefined> {
  return (await session.run("v")).result;
}

test("another session in its place is one step, which is taken back and made again", async () => {
  const first = await createSession("javascript");
  const timeline = new Timeline(first);
  for (const code of ["var v = 1", "v = 2"]) {
    await first.run(code);
    await timeline.record();
  }
  const second = await createSession("javascript", { snapshot: await first.snapshot() });
  await timeline.replace(second);
  assert.equal((await first.stats()).state, "hibernated");
  await second.run("v = 3");
  await timeline.record();
  assert.equal(await timeline.go(3), 3);
  assert.equal(timeline.session, first);
  assert.equal(await valueIn(timeline), "1");
  assert.equal((await second.stats()).state, "hibernated");
  assert.equal(await timeline.go(-3), 3);
  assert.equal(timeline.session, second);
  assert.equal(await valueIn(timeline), "3");
  await timeline.close();
  for (const session of [first, second]) await assert.rejects(session.run("1"), { code: "SESSION_CLOSED" });
});

test("a session that one cannot go back to any more is closed", async () => {
  const first = await createSession("javascript");
  const timeline = new Timeline(first);
  await timeline.record();
  const second = await createSession("javascript");
  await timeline.replace(second);
  assert.equal(await timeline.go(1), 1);
  await timeline.record();
  await assert.rejects(second.run("1"), { code: "SESSION_CLOSED" });
  assert.equal(await timeline.go(-1), 0);
  await timeline.close();
});
