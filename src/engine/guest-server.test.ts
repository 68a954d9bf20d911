import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { defaultStackBytes } from "../guest/quickjs/stack.js";
import { loadBundledRuntime } from "../node/runtimes/bundled.js";
import { nodeGuestPlatform } from "../node/threads/guest-platform.js";
import { guestOptions } from "../session/options.js";
import { createGuestMemories } from "./guest-memories.js";
import { openGuest } from "./guest-server.js";

const host = {
  signals: { take: () => 0 as const, wait: () => false },
  platform: nodeGuestPlatform(defaultStackBytes),
  memories: createGuestMemories(),
  send() {},
  ask: () => undefined,
};
const skip = process.platform === "linux" ? false : "descriptors are counted in /proc";

test("a guest that cannot be made leaves no file and no mount open", { skip }, async () => {
  const runtime = await loadBundledRuntime("javascript");
  const options = guestOptions({
    memoryBytes: 1024,
    mounts: [{ hostPath: tmpdir(), guestPath: "/in" }],
    checkpoints: false,
  });
  const openFiles = () => readdirSync("/proc/self/fd").length;
  await assert.rejects(openGuest(runtime, options, host), /memory limit must be/);
  const before = openFiles();
  for (let attempt = 0; attempt < 20; attempt++) await assert.rejects(openGuest(runtime, options, host));
  assert.equal(openFiles(), before);
});
