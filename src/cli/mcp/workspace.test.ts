import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../session/session.js";
import type { Sessions } from "../../session/sessions.js";
import { createWorkspace } from "./workspace.js";

/** Sessions that are only names. */
function namesOnly(first: readonly string[] = []) {
  const names = new Set(first);
  const sessions = {
    list: async () => [...names],
    has: async (name: string) => names.has(name),
    delete: async (name: string) => names.delete(name),
    use: async (name: string, action: (session: Session) => Promise<unknown>) => {
      if (name.endsWith("refused")) throw new Error("it does not start");
      names.add(name);
      return action({} as Session);
    },
    fork: async (_from: string, to: string) => void names.add(to),
    snapshot: async () => new Uint8Array(),
    restore: async (name: string) => void names.add(name),
  };
  return { names, sessions: sessions as unknown as Sessions };
}

const nothing = async () => {};

test("a client has sessions of its own, those that were kept among them", async () => {
  const { names, sessions } = namesOnly(["a/kept", "b/other", "plain"]);
  const workspace = await createWorkspace(sessions, "a/");
  assert.deepEqual(workspace.names(), ["kept"]);
  await workspace.use("more", nothing);
  assert.deepEqual(workspace.names(), ["kept", "more"]);
  assert.throws(
    () => workspace.mustHave("other"),
    /there is no session other; there are: default, kept, more/,
  );
  await workspace.removeAll();
  assert.deepEqual([...names], ["b/other", "plain"]);
});

test("a client has 100 sessions at most, and one that ends makes room", async () => {
  const workspace = await createWorkspace(namesOnly().sessions);
  const all = Array.from({ length: 101 }, (_, n) => workspace.use(`s${n}`, nothing));
  const ends = await Promise.allSettled(all);
  assert.deepEqual(
    ends.flatMap(({ status }, index) => (status === "rejected" ? [index] : [])),
    [100],
  );
  await assert.rejects(workspace.fork("s1", "copy", false), /there are 100 sessions already/);
  await workspace.remove("s0");
  await workspace.fork("s1", "copy", false);
  assert.ok(workspace.names().includes("copy"));
});

test("a session that could not be made has no name", async () => {
  const workspace = await createWorkspace(namesOnly().sessions);
  await assert.rejects(workspace.use("refused", nothing), /does not start/);
  assert.deepEqual(workspace.names(), []);
});

test("a fork takes no name that is taken, unless it is to be replaced, and never its own", async () => {
  const workspace = await createWorkspace(namesOnly(["a", "b"]).sessions);
  await assert.rejects(workspace.fork("a", "b", false), /there is a session b already/);
  await assert.rejects(workspace.fork("a", "a", true), /cannot be forked into itself/);
  await workspace.fork("a", "b", true);
  assert.deepEqual(workspace.names(), ["a", "b"]);
});
