/**
 * Writes the code caches for the Node.js that runs this, if they are missing: at the end of a build and after an
 * installation. A failure costs start-up time and nothing else, so it is told and never fatal.
 *
 * Each cache is written, and then tried, in a process of its own: V8 ends a process whose request it cannot meet.
 */
import { type StdioOptions, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createGuestMemories } from "../engine/guest-memories.js";
import { openGuest } from "../engine/guest-server.js";
import type { Language, Runtime } from "../engine/runtime.js";
import { defaultStackBytes } from "../guest/quickjs/stack.js";
import { nodeCachePath } from "../node/node-cache-path.js";
import { packageRoot } from "../node/package-root.js";
import {
  bundledRuntime,
  loadBundledRuntime,
  readBundledModule,
  runtimeNames,
  runtimesDirectory,
} from "../node/runtimes/bundled.js";
import { codeCachePath, readCodeCache } from "../node/runtimes/code-cache.js";
import { writeCodeCache } from "../node/runtimes/write-code-cache.js";
import { nodeGuestPlatform } from "../node/threads/guest-platform.js";
import { startThread } from "../node/threads/start-thread.js";
import { guestOptions } from "../session/options.js";
import { protocolTraining, trainingPrograms } from "./training.js";

const [step, language] = process.argv.slice(2) as [step?: "write" | "try" | "thread", language?: Language];

if (step === undefined || language === undefined) writeMissing();
else if (step === "write") write(language);
else if (step === "try") tryOut(language);
else runThread(language);

function writeMissing(): void {
  for (const { language, flags } of readers()) {
    const path = pathOf(language, flags);
    if (existsSync(path)) continue;
    if (inOwnProcess(flags, "write", language) && inOwnProcess(flags, "try", language)) continue;
    rmSync(path, { force: true });
    console.error(`note: no machine code is cached for ${language}; starting takes somewhat longer`);
  }
  keepBundles();
}

/** Who reads cached code: any process, and a command whose first line has flags that V8 compares. */
function readers(): ReadonlyArray<{ readonly language: Language; readonly flags: readonly string[] }> {
  return [
    ...(Object.keys(runtimeNames) as Language[]).map((language) => ({ language, flags: [] })),
    { language: "javascript", flags: flagsOf(commandFile("jsrunner")) },
  ];
}

function commandFile(name: string): string {
  return join(packageRoot(), "dist", `${name}.cjs`);
}

/** Has V8 compile what starts of commands and threads need of their bundles; see `launch`. */
function keepBundles(): void {
  const keep = (name: string, args: readonly string[], input?: string) => {
    const file = join(packageRoot(), "dist", "bundles", `${name}.cjs`);
    if (existsSync(nodeCachePath(file))) return;
    const env = { ...process.env, WASM_REPL_KEEP_CODE: file };
    const stdio: StdioOptions = [input === undefined ? "ignore" : "pipe", "ignore", "ignore"];
    spawnSync(process.execPath, args, {
      stdio,
      timeout: 60_000,
      env,
      ...(input === undefined ? {} : { input }),
    });
  };
  keep("pyrunner", [commandFile("pyrunner"), "-c", "print(1)"]);
  keep("jsrunner", [...flagsOf(commandFile("jsrunner")), commandFile("jsrunner"), "-e", "console.log(1)"]);
  keep("wasirun", [commandFile("wasirun"), "--version"]);
  keep("mcp-sdk", [commandFile("pyrunner"), "--mcp"], protocolTraining);
  keep("thread", [fileURLToPath(import.meta.url), "thread", "python"]);
}

/** The flags of Node.js in a command's first line: V8 wants the same when it reads the code again. */
function flagsOf(file: string): string[] {
  return readFileSync(file, "utf8").split("\n", 1)[0]?.match(/--\S+/g) ?? [];
}

/** Uses a thread as a command does, until it has kept its code. */
async function runThread(language: Language): Promise<void> {
  const handle = startThread({ WASM_REPL_KEEP_CODE: process.env.WASM_REPL_KEEP_CODE ?? "" });
  const options = guestOptions({ checkpoints: false });
  await handle.open(await loadBundledRuntime(language), { ...options, streams: "inherit" });
  await handle.run({ mode: "program", code: "print(1)", filename: "<training>" });
  const untilKeptMs = 3000;
  await new Promise((resolve) => setTimeout(resolve, untilKeptMs));
  await handle.terminate();
}

function inOwnProcess(flags: readonly string[], step: string, language: Language): boolean {
  const { status } = spawnSync(process.execPath, [...flags, fileURLToPath(import.meta.url), step, language], {
    stdio: ["ignore", "ignore", "ignore"],
    timeout: 120_000,
  });
  return status === 0;
}

function pathOf(language: Language, flags?: readonly string[]): string {
  return codeCachePath(runtimesDirectory(), runtimeNames[language], flags);
}

async function write(language: Language): Promise<void> {
  await writeCodeCache(pathOf(language), readBundledModule(language), (module) =>
    train(bundledRuntime(language, module)),
  );
}

async function tryOut(language: Language): Promise<void> {
  if ((await readCodeCache(pathOf(language))) === undefined)
    throw new Error("the cached code is not accepted");
  await train(await loadBundledRuntime(language));
}

/** Runs the programs whose functions are worth having at hand from the start. */
async function train(runtime: Runtime): Promise<void> {
  const guest = await openGuest(runtime, guestOptions({ checkpoints: false }), {
    signals: { take: () => 0, wait: () => false },
    platform: nodeGuestPlatform(defaultStackBytes),
    memories: createGuestMemories(),
    send() {},
    ask: () => undefined,
  });
  for (const { code, mode } of trainingPrograms[runtime.language]) {
    const { result } = guest.run({ mode, code, filename: "<training>" });
    if (result.error !== undefined && !code.includes("expected to fail")) {
      throw new Error(`a training program failed: ${result.error}`);
    }
  }
  guest.close();
}
