import { once } from "node:events";
import type { Language } from "../runtimes/bundled.js";
import type { CellResult, SessionOptions } from "../session/options.js";
import { createSession } from "../session/session.js";
import { readLines } from "./lines.js";
import { createNamedSessions, type NamedSessions } from "./named-sessions.js";
import {
  type CodeRequest,
  defaultSession,
  parseRequest,
  type Refusal,
  type Request,
  type RequestId,
} from "./requests.js";
import { openSessionFile, type SessionFileOptions } from "./session-file.js";

/** How many requests are read before the first of them is answered; the rest waits in the pipe. */
const readAhead = 1000;
/** A session with a file is kept when nothing has been asked for this long. */
const restMs = 100;

/**
 * Serves JSON lines: one request a line on standard input, one answer a line on standard output. Requests are read
 * while earlier ones run; the answers of one session come in order, those of different sessions as they are ready.
 * Gives the exit code once the input has ended and everything is answered.
 *
 * @param file Where the default session is kept from process to process.
 */
export async function serveJsonLines(
  language: Language,
  options: SessionOptions,
  file?: SessionFileOptions,
): Promise<number> {
  // Whoever started us has gone and nobody reads the answers: there is no one to tell.
  process.stdout.on("error", () => process.exit(0));
  const sessionFile = file === undefined ? undefined : openSessionFile(file, options.mounts ?? []);
  const session = await createSession(language, { ...options, ...sessionFile?.content });
  const sessions = createNamedSessions(language, options, new Map([[defaultSession, session]]));
  const calls = createCalls(sessions);
  const keep = async () => {
    if (!isUnsaved) return;
    isUnsaved = false;
    await sessions.use(defaultSession, async (current) => sessionFile?.save(await current.snapshot()));
  };

  /** Answers that must come in order wait here for those before them. */
  const answered = new Map<string, Promise<void>>();
  let unanswered = 0;
  let unanswerable: () => void = () => {};
  let isUnsaved = false;
  let rest: NodeJS.Timeout | undefined;

  const answer = async (before: Promise<void> | undefined, response: Promise<object>) => {
    const ready = await response;
    await before;
    await writeLine(ready);
    unanswered--;
    unanswerable();
    if (sessionFile === undefined || sessionFile.readOnly) return;
    isUnsaved = true;
    clearTimeout(rest);
    if (unanswered === 0) rest = setTimeout(() => void keep().catch(reportUnkept), restMs);
  };

  for await (const line of readLines(process.stdin)) {
    const request = parseRequest(line);
    if (request === undefined) continue;
    unanswered++;
    const response = "op" in request ? calls.answerTo(request) : Promise.resolve(request);
    if (isImmediate(request)) {
      void answer(undefined, response);
    } else {
      const lane = "op" in request ? request.session : defaultSession;
      const written = answer(answered.get(lane), response);
      answered.set(lane, written);
      void written.then(() => {
        if (answered.get(lane) === written) answered.delete(lane);
      });
    }
    while (unanswered >= readAhead) {
      await new Promise<void>((resolve) => {
        unanswerable = resolve;
      });
    }
  }
  await Promise.all(answered.values());
  clearTimeout(rest);
  await keep();
  await sessions.closeAll();
  sessionFile?.close();
  return 0;
}

function reportUnkept(error: unknown): void {
  process.stderr.write(`the session could not be saved: ${error instanceof Error ? error.message : error}\n`);
}

/** These speak of others and wait for none of them. */
function isImmediate(request: Request | Refusal): boolean {
  return "op" in request && (request.op === "interrupt" || request.op === "sessions");
}

/** Carries out requests, and knows which of them can still be called off. */
function createCalls(sessions: NamedSessions): { answerTo(request: Request): Promise<object> } {
  const pending = new Map<RequestId, Set<AbortController>>();

  async function run(request: CodeRequest): Promise<object> {
    const { id, session, code, stdin, timeoutMs, stream } = request;
    const controller = new AbortController();
    const namesakes = pending.get(id) ?? new Set();
    pending.set(id, namesakes.add(controller));
    try {
      const result = await sessions.use(session, (current) =>
        current.run(code, {
          id,
          signal: controller.signal,
          ...(stdin === undefined ? {} : { stdin }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(stream
            ? { onOutput: (name, text) => void writeLine({ id, event: "output", stream: name, text }) }
            : {}),
        }),
      );
      return answerFor(id, result);
    } finally {
      namesakes.delete(controller);
      if (namesakes.size === 0) pending.delete(id);
    }
  }

  function interrupt(target: RequestId): void {
    const controllers = pending.get(target);
    if (controllers === undefined) {
      throw new Error(`no request ${JSON.stringify(target)} runs or waits`);
    }
    for (const controller of controllers) controller.abort();
  }

  async function act(request: Request): Promise<object> {
    const { id, session } = request;
    switch (request.op) {
      case "run":
        return run(request);
      case "interrupt":
        interrupt(request.target);
        return { id };
      case "sessions":
        return { id, sessions: sessions.names() };
      case "reset":
        await sessions.use(session, (current) => current.reset());
        return { id };
      case "snapshot":
      case "restore":
        await sessions[request.op](session, request.path);
        return { id };
      case "fork":
        await sessions.fork(session, request.to);
        return { id };
      case "close":
        await sessions.close(session);
        return { id };
    }
  }

  return {
    answerTo: (request) =>
      act(request).catch((error) => ({
        id: request.id,
        error: error instanceof Error ? error.message : String(error),
      })),
  };
}

/** Fields in the order in which people look for them; what has nothing to say is absent. */
function answerFor(id: RequestId, result: CellResult): object {
  const { output, error, exception, result: value, stopped, state, lostRuns } = result;
  return {
    id,
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(exception === undefined ? {} : { exception }),
    ...(value === undefined ? {} : { result: value }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(state === undefined ? {} : { state }),
    ...(lostRuns === undefined ? {} : { lost_runs: lostRuns }),
  };
}

/** Waits while the reader is behind. */
async function writeLine(message: object): Promise<void> {
  if (!process.stdout.write(`${JSON.stringify(message)}\n`)) await once(process.stdout, "drain");
}
