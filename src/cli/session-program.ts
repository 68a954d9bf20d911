import type { RunRequest } from "../guest/guest.js";
import { signalExitCodes } from "../guest-end.js";
import { createSession } from "../node/sessions.js";
import type { ProgramResult, ProgramRunOptions, SessionOptions } from "../session/options.js";
import type { Session } from "../session/session.js";
import type { Runner } from "./command.js";
import { endProcess } from "./end-process.js";
import type { ProgramOutcome } from "./program-end.js";
import { openSessionFile, type SessionFile, type SessionFileOptions } from "./session-file.js";
import { createShownOutput } from "./shown-output.js";
import { onInterrupts } from "./stoppable.js";
import { createStreamWriter, exitCodeWithoutOutput } from "./stream-writer.js";
import { tell } from "./tell.js";

/** How long the output of a program that was stopped may take to be read. */
const longestDrainMs = 500;

/**
 * Runs a program in the session that a file holds, and keeps what has become of it. An uncaught error is no reason
 * to forget what came before it; a session that had to be put back, or has crashed, stays in the file as it was.
 */
export async function runInSessionFile(
  { language, command }: Runner,
  request: RunRequest,
  options: SessionOptions,
  input: (() => Promise<Uint8Array | undefined>) | undefined,
  rawOutput: boolean,
  fileOptions: SessionFileOptions,
): Promise<ProgramOutcome> {
  const file = openSessionFile(fileOptions, options.mounts ?? []);
  try {
    const session = await createSession(language, { ...options, ...file.content });
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
    const runOptions: ProgramRunOptions = {
      program: request,
      signal: stop.signal,
      // There is no limit to it.
      keepOutput: false,
      // A run that is stopped since nobody reads has nothing to say about that.
      onOutput: (stream, text) => (outputError === undefined ? output.write(stream, text) : undefined),
      ...(input === undefined ? {} : { onInput: textReader(input) }),
    };
    const result: ProgramResult = await session.run(request.code, runOptions);
    stopListening();
    output.end();
    // A run that was stopped has not waited for the reader of what it wrote before.
    const patience = AbortSignal.timeout(longestDrainMs);
    await Promise.all([writers.stdout.room(patience), writers.stderr.room(patience)]);
    const isWhole = result.state === undefined || result.state === "kept";
    const unkept = isWhole && !(await keep(command, session, file));
    if (!isWhole) tell(command, `${result.error}; the session is as it was before`);
    const { stopped, value: _, suspended: __, ...rest } = result;
    const code = outputError === undefined ? result.exitCode : exitCodeWithoutOutput(command, outputError);
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
