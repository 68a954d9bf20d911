import { once } from "node:events";
import type { Language } from "../runtimes/bundled.js";
import type { CellResult } from "../session/options.js";
import { createSession } from "../session/session.js";
import { readLines } from "./lines.js";
import { parseRequest } from "./requests.js";
import type { SandboxOptions } from "./sandbox-options.js";

/** How many requests are read before the first of them is answered; the rest waits in the pipe. */
const readAhead = 1000;

/**
 * Serves JSON lines: one request a line on standard input, one answer a line on standard output, in order. Requests
 * are read while earlier ones run. Gives the exit code once the input has ended and everything is answered.
 */
export async function serveJsonLines(language: Language, sandbox: SandboxOptions): Promise<number> {
  // Whoever started us has gone and nobody reads the answers: there is no one to tell.
  process.stdout.on("error", () => process.exit(0));
  const session = await createSession(language, { ...sandbox });
  let answered: Promise<void> = Promise.resolve();
  let unanswered = 0;
  for await (const line of readLines(process.stdin)) {
    const request = parseRequest(line);
    if (request === undefined) continue;
    const answer =
      "error" in request
        ? Promise.resolve(request)
        : session
            .run(request.code, request.stdin === undefined ? {} : { stdin: request.stdin })
            .then((result) => answerFor(request.id, result));
    unanswered++;
    answered = answered.then(async () => {
      await writeLine(JSON.stringify(await answer));
      unanswered--;
    });
    if (unanswered >= readAhead) await answered;
  }
  await answered;
  await session.close();
  return 0;
}

/** Fields in the order in which people look for them; what has nothing to say is absent. */
function answerFor(id: string | number, result: CellResult): object {
  const { output, error, exception, result: value, state } = result;
  return {
    id,
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(exception === undefined ? {} : { exception }),
    ...(value === undefined ? {} : { result: value }),
    ...(state === undefined ? {} : { state }),
  };
}

/** Waits while the reader is behind. */
async function writeLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, "drain");
}
