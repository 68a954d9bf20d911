import type { SessionsOptions } from "../session/sessions.js";
import type { DeclaredFunctions } from "../wire/declared-functions.js";
import { toJsonLine } from "../wire/json-text.js";
import { type Answer, createCalls } from "./calls.js";
import type { Runner } from "./command.js";
import { readFunctionsFile } from "./declared-functions.js";
import { type ExitStatus, firstEndingSignal } from "./end-process.js";
import { createHostCalls } from "./host-calls.js";
import { readLines } from "./lines.js";
import { createNamedSessions } from "./named-sessions.js";
import { createRequestQueue } from "./request-queue.js";
import {
  defaultSession,
  isUrgent,
  maxLineBytes,
  parseRequest,
  type Refusal,
  type Request,
} from "./requests.js";
import { openSessionFile, type SessionFile, type SessionFileOptions } from "./session-file.js";
import { createSessionKeeper } from "./session-keeper.js";
import { createStreamWriter, exitCodeWithoutOutput } from "./stream-writer.js";
import { tell } from "./tell.js";

/**
 * What the requests that wait may take: their lines, and so much besides for each, which is rounded up from what was
 * measured. Reading goes on when they take as much, and further ones are refused.
 */
const maxWaitingBytes = 64 * 1024 * 1024;
const bytesOfRequest = 2048;
/** So many have been handed to their sessions at one time, which takes more for each. */
const maxBegun = 1000;
/** Nothing is read while more than this of answers that were given at once waits for its reader. */
const maxUnreadBytes = 4 * 1024 * 1024;
/** No run begins while more than this of earlier answers waits for its reader. */
const maxUnwrittenBytes = 4 * 1024 * 1024;

/**
 * Serves JSON lines: one request a line on standard input, one answer a line on standard output. Requests are read
 * while earlier ones run; the answers of one session come in order, those of different sessions as they are ready.
 * Tells how the process is to end once the input has ended and everything is answered, or once nobody reads the
 * answers.
 *
 * @param functionsPath The file that declares the host functions of every session. Default: there are none.
 * @param file Where the default session is kept from process to process. What was answered is kept in every case, or
 *   standard error says that it is not.
 */
export async function serveJsonLines(
  runner: Runner,
  options: SessionsOptions,
  functionsPath?: string,
  file?: SessionFileOptions,
): Promise<ExitStatus> {
  const { mounts = [] } = options;
  const functions = functionsPath === undefined ? {} : readFunctionsFile(functionsPath, mounts);
  const sessionFile = file === undefined ? undefined : openSessionFile(file, mounts);
  try {
    return await serveSessions(runner, options, functions, sessionFile);
  } finally {
    sessionFile?.close();
  }
}

async function serveSessions(
  { command, language }: Runner,
  options: SessionsOptions,
  functions: DeclaredFunctions,
  file: SessionFile | undefined,
): Promise<ExitStatus> {
  const report = (line: string) => tell(command, line);
  // Who does not read what goes wrong does not keep us from saving.
  process.stderr.on("error", () => {});
  const output = createStreamWriter(1, maxUnwrittenBytes);
  const hostCalls = createHostCalls(functions, output, (session, id) => calls.stopRun(session, id));
  const sessions = await createNamedSessions(
    language,
    { ...options, optionsFor: (name) => ({ functions: hostCalls.functionsOf(name) }) },
    { name: defaultSession, ...file?.content },
  );
  const keeper =
    file === undefined || file.readOnly
      ? undefined
      : createSessionKeeper(
          file,
          (action) => sessions.use(defaultSession, action),
          (reason) => report(`the session could not be saved: ${reason}`),
        );
  const calls = createCalls(sessions, output, hostCalls, async (name, session) => {
    if (name === defaultSession) await keeper?.beforeRun(session);
  });
  const queue = createRequestQueue(maxBegun);
  /** What the requests take that wait for their answer, or whose answer waits for its reader. */
  let waitingBytes = 0;
  /** Of answers that were given at once. */
  let unreadBytes = 0;
  let unanswered = 0;
  let oneIsAnswered: () => void = () => {};
  let isEnding = false;
  let isWhole = true;

  async function responseTo(request: Request, perform: () => Promise<Answer | undefined>) {
    const answer = await perform();
    if (answer === undefined || !changes(request, defaultSession)) return answer;
    keeper?.changed();
    if (isEnding && (answer.lost_runs?.length ?? 0) > 1) {
      isWhole = false;
      report("a run had to be ended with its interpreter, and the session has lost the last ones before it");
    }
    return answer;
  }

  /** Answers now, whatever waits. */
  async function answerAtOnce(given: Promise<Answer | undefined>): Promise<void> {
    const answer = await given;
    if (answer === undefined) return;
    const line = lineOf(answer);
    unreadBytes += line.length;
    await output.write(line);
    unreadBytes -= line.length;
  }

  function answerInTurn(request: Request | Refusal, byteCount: number): Promise<void> {
    waitingBytes += byteCount;
    const perform = "op" in request ? calls.take(request) : undefined;
    return new Promise((resolve) => {
      queue.add(namesIn(request), async () => {
        const answer =
          perform === undefined
            ? answerOf(request as Refusal)
            : await responseTo(request as Request, perform);
        void output.write(answer === undefined ? "" : lineOf(answer)).then(() => {
          waitingBytes -= byteCount;
          resolve();
        });
      });
    });
  }

  function take(request: Request | Refusal, byteCount: number): Promise<void> {
    if (isUrgent(request)) {
      return answerAtOnce("op" in request ? calls.take(request)() : Promise.resolve(answerOf(request)));
    }
    // However large, one has its turn.
    const isTooMuch = waitingBytes > 0 && waitingBytes + byteCount > maxWaitingBytes;
    if (isTooMuch) return answerAtOnce(Promise.resolve({ id: request.id, error: tooMuch }));
    return answerInTurn(request, byteCount);
  }

  /** Resolves when one more is answered. */
  const nextAnswer = () =>
    new Promise<void>((resolve) => {
      oneIsAnswered = resolve;
    });

  async function serve(): Promise<void> {
    for await (const line of readLines(process.stdin, maxLineBytes)) {
      if (isEnding) return;
      const request = read(line);
      if (request === undefined) continue;
      unanswered++;
      void take(request, bytesOfRequest + (line?.length ?? 0)).then(() => {
        unanswered--;
        oneIsAnswered();
      });
      while (unreadBytes > maxUnreadBytes) await nextAnswer();
    }
    hostCalls.end();
    while (unanswered > 0) await nextAnswer();
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
  if (hostCalls.hasStoppedRuns) {
    isWhole = false;
    report("the input has ended, and runs that waited for the answer to a call were stopped");
  }
  if (keeper !== undefined && !(await keeper.finish())) isWhole = false;
  if (ending === 0) await sessions.closeAll();
  return typeof ending === "number" && !isWhole ? 1 : ending;
}

function answerOf({ id, error }: Refusal): Answer {
  return { id, error };
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

const tooMuch = `Too many requests: those that wait take ${maxWaitingBytes / 2 ** 20} MiB already; send this one again`;

/** The sessions in whose order a line has its turn. */
function namesIn(request: Request | Refusal): readonly string[] {
  if (!("op" in request)) return [defaultSession];
  return request.op === "fork" ? [request.session, request.to] : [request.session];
}

/** Whether the session of that name is another one afterwards. */
function changes(request: Request, name: string): boolean {
  switch (request.op) {
    case "run":
    case "resume":
    case "reset":
    case "restore":
    case "close":
    case "write_file":
    case "remove_file":
      return request.session === name;
    case "fork":
      return request.to === name;
    default:
      return false;
  }
}
