import type { SessionsOptions } from "../session/sessions.js";
import { type Answer, createCalls } from "./calls.js";
import type { Runner } from "./command.js";
import { type ExitStatus, firstEndingSignal } from "./end-process.js";
import { toJsonLine } from "./json-text.js";
import { readLines } from "./lines.js";
import { createNamedSessions, type NamedSessions } from "./named-sessions.js";
import { defaultSession, maxLineBytes, parseRequest, type Refusal, type Request } from "./requests.js";
import { openSessionFile, type SessionFile, type SessionFileOptions } from "./session-file.js";
import { createSessionKeeper } from "./session-keeper.js";
import { createStreamWriter, exitCodeWithoutOutput } from "./stream-writer.js";
import { tell } from "./tell.js";

/** How much is read before it is answered: so many requests, or so many bytes. The rest waits in the pipe. */
const maxUnanswered = 1000;
const maxUnansweredBytes = 64 * 1024 * 1024;
/** No run begins while more than this of earlier answers waits for its reader. */
const maxUnwrittenBytes = 4 * 1024 * 1024;

/**
 * Serves JSON lines: one request a line on standard input, one answer a line on standard output. Requests are read
 * while earlier ones run; the answers of one session come in order, those of different sessions as they are ready.
 * Tells how the process is to end once the input has ended and everything is answered, or once nobody reads the
 * answers.
 *
 * @param file Where the default session is kept from process to process. What was answered is kept in every case, or
 *   standard error says that it is not.
 */
export async function serveJsonLines(
  runner: Runner,
  options: SessionsOptions,
  file?: SessionFileOptions,
): Promise<ExitStatus> {
  const sessionFile = file === undefined ? undefined : openSessionFile(file, options.mounts ?? []);
  try {
    const first = { name: defaultSession, ...sessionFile?.content };
    const sessions = await createNamedSessions(runner.language, options, first);
    return await serveSessions(runner, sessions, sessionFile);
  } finally {
    sessionFile?.close();
  }
}

async function serveSessions(
  { command }: Runner,
  sessions: NamedSessions,
  file: SessionFile | undefined,
): Promise<ExitStatus> {
  const report = (line: string) => tell(command, line);
  // Who does not read what goes wrong does not keep us from saving.
  process.stderr.on("error", () => {});
  const output = createStreamWriter(1, maxUnwrittenBytes);
  const keeper =
    file === undefined || file.readOnly
      ? undefined
      : createSessionKeeper(
          file,
          (action) => sessions.use(defaultSession, action),
          (reason) => report(`the session could not be saved: ${reason}`),
        );
  const calls = createCalls(sessions, output, async (name, session) => {
    if (name === defaultSession) await keeper?.beforeRun(session);
  });
  /** In each session, the answers that are ready wait here for those before them. */
  const queued = new Map<string, Promise<unknown>>();
  let unanswered = 0;
  let unansweredBytes = 0;
  let oneIsAnswered: () => void = () => {};
  let isEnding = false;
  let isWhole = true;

  async function responseTo(request: Request): Promise<Answer> {
    const answer = await calls.answerTo(request);
    if (!changes(request, defaultSession)) return answer;
    keeper?.changed();
    if (isEnding && (answer.lost_runs?.length ?? 0) > 1) {
      isWhole = false;
      report("a run had to be ended with its interpreter, and the session has lost the last ones before it");
    }
    return answer;
  }

  async function take(request: Request | Refusal, byteCount: number): Promise<void> {
    unanswered++;
    unansweredBytes += byteCount;
    const response = "op" in request ? responseTo(request) : Promise.resolve(request);
    const lane = laneOf(request);
    const before = lane === undefined ? undefined : queued.get(lane);
    const line = Promise.all([response, before]).then(([answer]) => ({
      written: output.write(lineOf(answer)),
    }));
    if (lane !== undefined) queued.set(lane, line);
    const { written } = await line;
    if (lane !== undefined && queued.get(lane) === line) queued.delete(lane);
    await written;
    unanswered--;
    unansweredBytes -= byteCount;
    oneIsAnswered();
  }

  async function serve(): Promise<void> {
    const taken = new Set<Promise<void>>();
    for await (const line of readLines(process.stdin, maxLineBytes)) {
      if (isEnding) return;
      const request = read(line);
      if (request === undefined) continue;
      const answered = take(request, line?.length ?? 0);
      taken.add(answered);
      void answered.then(() => taken.delete(answered));
      while (unanswered >= maxUnanswered || unansweredBytes >= maxUnansweredBytes) {
        await new Promise<void>((resolve) => {
          oneIsAnswered = resolve;
        });
      }
    }
    await Promise.all(taken);
  }

  const ending = await Promise.race([
    serve().then(
      () => 0,
      (error) => {
        report(`cannot read requests: ${error.message}`);
        return 1;
      },
    ),
    output.broken.then((error) => exitCodeWithoutOutput(command, error)),
    ...(keeper === undefined ? [] : [firstEndingSignal()]),
  ]);
  isEnding = true;
  calls.end();
  if (keeper !== undefined && !(await keeper.finish())) isWhole = false;
  if (ending === 0) await sessions.closeAll();
  return typeof ending === "number" && !isWhole ? 1 : ending;
}

function read(line: Uint8Array | undefined): Request | Refusal | undefined {
  try {
    return parseRequest(line);
  } catch (error) {
    return { id: "", error: `the request cannot be read: ${(error as Error).message}` };
  }
}

/** An answer can be larger than a text may be once it is written as JSON. */
function lineOf(answer: Answer): string {
  try {
    return toJsonLine(answer);
  } catch (error) {
    return toJsonLine({ id: answer.id, error: `the answer cannot be written: ${(error as Error).message}` });
  }
}

/** The session in whose order a line is answered. Some speak of others, and wait for none of them. */
function laneOf(request: Request | Refusal): string | undefined {
  if (!("op" in request)) return defaultSession;
  return request.op === "interrupt" || request.op === "sessions" ? undefined : request.session;
}

/** Whether the session of that name is another one afterwards. */
function changes(request: Request, name: string): boolean {
  switch (request.op) {
    case "run":
    case "reset":
    case "restore":
    case "close":
    case "write_file":
      return request.session === name;
    case "fork":
      return request.to === name;
    default:
      return false;
  }
}
