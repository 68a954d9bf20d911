import type { RunRequest } from "../guest/guest.js";
import type { CellResult, ProgramRunOptions, SessionOptions } from "../session/options.js";
import { createSession } from "../session/session.js";
import type { Runner } from "./runner.js";
import { openSessionFile, type SessionFileOptions } from "./session-file.js";
import { onInterrupts, type ProgramOutcome, reportTimeout } from "./stoppable.js";
import { createStreamWriter, exitCodeWithoutOutput } from "./stream-writer.js";

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
  fileOptions: SessionFileOptions,
): Promise<ProgramOutcome> {
  const file = openSessionFile(fileOptions);
  try {
    const session = await createSession(language, { ...options, ...file.content });
    const stop = new AbortController();
    const stopListening = onInterrupts(
      () => stop.abort(),
      () => process.exit(130),
    );
    const output = { stdout: createStreamWriter(1), stderr: createStreamWriter(2) };
    let outputError: NodeJS.ErrnoException | undefined;
    for (const { broken } of Object.values(output)) {
      void broken.then((error) => {
        outputError ??= error;
        stop.abort();
      });
    }
    const runOptions: ProgramRunOptions = {
      program: { mode: request.mode === "module" ? "module" : "program", filename: request.filename },
      signal: stop.signal,
      // A run that is stopped since nobody reads has nothing to say about that.
      onOutput: (stream, text) => (outputError === undefined ? output[stream].write(text) : undefined),
      ...(input === undefined ? {} : { onInput: textReader(input) }),
    };
    const result = await session.run(request.code, runOptions);
    stopListening();
    // A run that was stopped has not waited for the reader of what it wrote before.
    const patience = AbortSignal.timeout(longestDrainMs);
    await Promise.all([output.stdout.room(patience), output.stderr.room(patience)]);
    const isWhole = result.state === undefined || result.state === "kept";
    if (isWhole) file.save(await session.snapshot());
    else process.stderr.write(`${command}: ${result.error}; the session is as it was before\n`);
    if (result.stopped === "timeout") reportTimeout(command, options.timeoutMs as number);
    const code = outputError === undefined ? stopCode(result) : exitCodeWithoutOutput(command, outputError);
    return { result: { ...result, exitCode: code ?? result.exitCode ?? (isWhole ? 0 : 134) } };
  } finally {
    file.close();
  }
}

function stopCode({ stopped }: CellResult): number | undefined {
  return stopped === undefined ? undefined : stopped === "timeout" ? 124 : 130;
}

function textReader(read: () => Promise<Uint8Array | undefined>): () => Promise<string | undefined> {
  const decoder = new TextDecoder();
  return async () => {
    const bytes = await read();
    if (bytes !== undefined) return decoder.decode(bytes, { stream: true });
    return decoder.decode() || undefined;
  };
}
