import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../node/package-root.js";
import { createSessions } from "../../node/sessions.js";
import type { Sessions } from "../../session/sessions.js";
import type { Runner } from "../command.js";
import { type ExitStatus, firstEndingSignal } from "../end-process.js";
import type { GivenOptions } from "../parse-options.js";
import { sessionsOptions } from "../session-options.js";
import { createStreamWriter, exitCodeWithoutOutput } from "../stream-writer.js";
import { tell } from "../tell.js";
import { surroundingsOf } from "./descriptions.js";
import { runTimes } from "./limits.js";
import { loadSdk } from "./load-sdk.js";
import { createServer, type ServerSetting, toolsFor } from "./server.js";
import type { CodeMode } from "./servers/code-mode.js";
import { createStdioTransport } from "./stdio-transport.js";
import { defaultSession } from "./tool.js";
import { createWorkspace } from "./workspace.js";

/** Nothing is read while more than this of the answers waits for its reader. */
const maxUnwrittenBytes = 4 * 1024 * 1024;

/** Over HTTP a client's sessions hibernate after this long, unless the command line says otherwise. */
const idleMs = 5 * 60 * 1000;
/** No client's, since it has no slash. */
const trialSession = "trial";

/**
 * Serves the Model Context Protocol on standard input and output, until the input or the process is to end, or over HTTP. With
 * `--session` the sessions are kept in that directory.
 */
export async function serveMcp(runner: Runner, given: GivenOptions): Promise<ExitStatus> {
  // Who does not read what goes wrong does not keep us from the rest.
  process.stderr.on("error", () => {});
  const about = { name: runner.command, version: readJson("package.json").version ?? "" };
  const codeMode = await codeModeOf(runner, given, about);
  try {
    const setting: ServerSetting = {
      ...about,
      language: runner.language,
      surroundings: surroundingsOf(given, {
        interpreter: interpreterOf(runner, given),
        times: runTimes(given),
        areKept: given.session !== undefined,
        functionNotes: codeMode?.notes ?? [],
      }),
    };
    const { timeoutMs: _, ...options } = sessionsOptions(given);
    const sessions = await createSessions(runner.language, {
      ...(given.http === undefined ? {} : { hibernateAfterMs: idleMs }),
      ...options,
      ...(codeMode === undefined ? {} : { functions: codeMode.functions }),
      ...(given.session === undefined ? {} : { directory: given.session, durable: true }),
    });
    return given.http === undefined
      ? await serveOnStreams(runner, sessions, setting)
      : await serveOnPort(runner, sessions, setting, given.http, given);
  } finally {
    await codeMode?.close();
  }
}

async function codeModeOf(
  { command, language }: Runner,
  { mcpServers, mounts = [] }: GivenOptions,
  about: { readonly name: string; readonly version: string },
): Promise<CodeMode | undefined> {
  if (mcpServers === undefined) return undefined;
  const { startCodeMode } = await import("./servers/code-mode.js");
  return startCodeMode(language, mcpServers, mounts, about, (line) => tell(command, line));
}

async function serveOnStreams(
  { command }: Runner,
  sessions: Sessions,
  setting: ServerSetting,
): Promise<ExitStatus> {
  // The interpreter starts while the protocol's code is loaded.
  const started = sessions.use(defaultSession, async () => {});
  started.catch(() => {});
  const sdk = loadSdk();
  const output = createStreamWriter(1, maxUnwrittenBytes);
  const workspace = await createWorkspace(sessions);
  const tools = toolsFor(workspace, setting);
  const transport = createStdioTransport(sdk, output);
  const handle = sdk.serveStdio(() => createServer(sdk, workspace, tools, setting), { transport });
  const ending = await Promise.race([
    transport.ended.then(() => 0),
    output.broken.then((error) => exitCodeWithoutOutput(command, error)),
    firstEndingSignal(),
    started.then(() => new Promise<never>(() => {})),
  ]);
  await handle.close();
  return finish(command, sessions, ending);
}

async function serveOnPort(
  { command }: Runner,
  sessions: Sessions,
  setting: ServerSetting,
  port: number,
  { tokenFile, mounts = [] }: GivenOptions,
): Promise<ExitStatus> {
  const { acceptTokens, generateToken, readTokens } = await import("./http/gate.js");
  const { serveHttp } = await import("./http/serve-http.js");
  const tokens = tokenFile === undefined ? [generateToken()] : readTokens(tokenFile, mounts);
  // Options with which no session can be are told now, and not to each client.
  await sessions.use(trialSession, async () => {});
  await sessions.delete(trialSession);
  const server = await serveHttp(loadSdk(), sessions, setting, port, acceptTokens(tokens));
  tell(command, `serving at ${server.url}${tokenFile === undefined ? ` with the token ${tokens[0]}` : ""}`);
  const ending = await firstEndingSignal();
  await server.close();
  return finish(command, sessions, ending);
}

/** Has every state kept. */
async function finish(command: string, sessions: Sessions, ending: ExitStatus): Promise<ExitStatus> {
  try {
    await sessions.close();
    return ending;
  } catch (error) {
    tell(command, error instanceof Error ? error.message : String(error));
    return ending === 0 ? 1 : ending;
  }
}

/** As descriptions name it: of a build that the user has given only its kind is known. */
function interpreterOf({ language }: Runner, { runtimeDirectory }: GivenOptions): string {
  if (runtimeDirectory !== undefined) return "CPython";
  return readJson("dist/runtimes/versions.json")[language] ?? "";
}

function readJson(path: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(join(packageRoot(), path), "utf8"));
}
