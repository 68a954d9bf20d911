import type { Language } from "../engine/runtime.js";
import { WasmReplError } from "../errors.js";
import type { RunRequest } from "../guest/guest.js";
import { signalExitCodes } from "../guest-end.js";
import { continueSession, createSession } from "../node/sessions.js";
import { inWords } from "../session/failures.js";
import type { HostFunctions } from "../session/host-functions/types.js";
import { awaitedBy } from "../session/live-session.js";
import type {
  ProgramResult,
  ProgramRunOptions,
  ResumeAnswer,
  RunOptions,
  SessionOptions,
} from "../session/options.js";
import type { Session } from "../session/session.js";
import type { Mount } from "../vfs/mount-spec.js";
import { callLines } from "./call-text.js";
import type { Runner } from "./command.js";
import { endProcess } from "./end-process.js";
import type { ProgramOutcome } from "./program-end.js";
import { readAnswersFile } from "./resume-answers.js";
import { openSessionFile, type SessionFile, type SessionFileOptions } from "./session-file.js";
import { createShownOutput } from "./shown-output.js";
import { onInterrupts } from "./stoppable.js";
import { createStreamWriter, exitCodeWithoutOutput } from "./stream-writer.js";
import { tell } from "./tell.js";

/** How long the output of a program that was stopped may take to be read. */
const longestDrainMs = 500;

/** What is done in a session: a program is run, or the one that waits there goes on with the answers in a file. */
type Work = RunRequest | { readonly answers: string };

/**
 * Runs a program in the session that a file holds, and keeps what has become of it. An uncaught error is no reason
 * to forget what came before it; a session that had to be put back, or has crashed, stays in the file as it was. Here
 * nobody answers calls of host functions: a program that awaits one is suspended, and kept.
 *
 * @param functionsPath The file that declares the host functions. Default: there are none.
 */
export async function runInSessionFile(
  { language, command }: Runner,
  work: Work,
  options: SessionOptions,
  functionsPath: string | undefined,
  input: (() => Promise<Uint8Array | undefined>) | undefined,
  rawOutput: boolean,
  fileOptions: SessionFileOptions,
): Promise<ProgramOutcome> {
  const { mounts = [] } = options;
  const { path, readOnly } = fileOptions;
  const functions = functionsPath === undefined ? {} : await declaredIn(functionsPath, mounts);
  const answers = "answers" in work ? await readAnswersFile(work.answers, mounts) : undefined;
  const file = openSessionFile(fileOptions, mounts);
  try {
    const session = await openContent(language, { ...options, functions }, file, answers === undefined);
    checkState(session, path, answers);
    const stop = new AbortController();
    const writers = { stdout: createStreamWriter(1), stderr: createStreamWriter(2) };
    const output = createShownOutput(rawOutput, (stream, text) => writers[stream].write(text));
    const stopListening = onInterrupts(
      () => stop.abort(),
      () => {
        output.end();
        endProcess("SIGINT");
      },
    );
    let outputError: NodeJS.ErrnoException | undefined;
    for (const { broken } of Object.values(writers)) {
      void broken.then((error) => {
        outputError ??= error;
        stop.abort();
      });
    }
    const runOptions: RunOptions = {
      signal: stop.signal,
      // There is no limit to it.
      keepOutput: false,
      // A run that is stopped since nobody reads has nothing to say about that.
      onOutput: (stream, text) => (outputError === undefined ? output.write(stream, text) : undefined),
      ...(input === undefined ? {} : { onInput: textReader(input) }),
    };
    const result = await perform(session, work, answers, runOptions);
    stopListening();
    output.end();
    // A run that was stopped has not waited for the reader of what it wrote before.
    const patience = AbortSignal.timeout(longestDrainMs);
    await Promise.all([writers.stdout.room(patience), writers.stderr.room(patience)]);
    const isWhole = result.state === undefined || result.state === "kept";
    const unkept = isWhole && !(await keep(command, session, file));
    if (!isWhole) tell(command, `${result.error}; the session is as it was before`);
    const { stopped, value: _, suspended, ...rest } = result;
    const code =
      outputError === undefined ? codeOf(command, result) : exitCodeWithoutOutput(command, outputError);
    if (suspended !== undefined && !unkept) {
      for (const line of callLines(suspended)) tell(command, line);
      tell(command, howToGoOn(command, path, readOnly, suspended[0]?.call));
      return { result: { ...rest, exitCode: readOnly ? 1 : suspendedExitCode } };
    }
    return {
      ...(result.outputLimited === true ? { outputLimited: true } : {}),
      result: { ...rest, exitCode: code ?? (isWhole ? 0 : signalExitCodes.crash) },
      ...(outputError === undefined && stopped !== undefined ? { stopped } : {}),
      unkept,
    };
  } finally {
    file.close();
  }
}

/** EX_TEMPFAIL of `sysexits.h`: what it waits for may come. */
const suspendedExitCode = 75;

async function declaredIn(path: string, mounts: readonly Mount[]): Promise<HostFunctions> {
  const { suspendingFunctions } = await import("./declared-functions.js");
  return suspendingFunctions(path, mounts);
}

/** @param isBegun Its interpreter is started anew, for another program. */
function openContent(
  language: Language,
  options: SessionOptions,
  { content: { snapshot } }: SessionFile,
  isBegun: boolean,
): Promise<Session> {
  if (snapshot === undefined) return createSession(language, options);
  return isBegun
    ? createSession(language, { ...options, snapshot })
    : continueSession(language, snapshot, options);
}

/** An error of one line if a program waits in the session and is not gone on with, or the other way round. */
function checkState(session: Session, path: string, answers: readonly ResumeAnswer[] | undefined): void {
  const awaited = awaitedBy(session);
  if (awaited.length > 0 && answers === undefined) {
    const reason = `the program in ${path} is suspended and waits for ${inWords(awaited)}`;
    throw new WasmReplError("SUSPENDED", `${reason}: answer with --resume`);
  }
  if (awaited.length === 0 && answers !== undefined) {
    throw new WasmReplError(
      "NOT_SUSPENDED",
      `no program in ${path} is suspended, so there is none to resume`,
    );
  }
}

function perform(
  session: Session,
  work: Work,
  answers: readonly ResumeAnswer[] = [],
  options: RunOptions,
): Promise<ProgramResult> {
  if ("answers" in work) return session.resume(answers, options);
  const { code, ...program } = work;
  const programOptions: ProgramRunOptions = { ...options, program };
  return session.run(code, programOptions);
}

/** A cell that goes on here has no exit code, and has told its error nobody. */
function codeOf(command: string, { exitCode, error, state }: ProgramResult): number | undefined {
  if (exitCode !== undefined || error === undefined || (state !== undefined && state !== "kept"))
    return exitCode;
  tell(command, error);
  return 1;
}

function howToGoOn(command: string, path: string, readOnly: boolean, call = ""): string {
  if (readOnly) return "the program is suspended, and cannot go on: --read-only keeps nothing of it";
  return `the program is suspended; go on with: ${command} --session ${path} --resume ANSWERS, a file with {"${call}": VALUE}`;
}

/** False, and a line on standard error, if it could not be. */
async function keep(command: string, session: Session, file: SessionFile): Promise<boolean> {
  try {
    file.save(await session.snapshot());
    return true;
  } catch (error) {
    tell(command, error instanceof Error ? error.message : String(error));
    return false;
  }
}

function textReader(read: () => Promise<Uint8Array | undefined>): () => Promise<string | undefined> {
  const decoder = new TextDecoder();
  return async () => {
    const bytes = await read();
    if (bytes !== undefined) return decoder.decode(bytes, { stream: true });
    return decoder.decode() || undefined;
  };
}
