import type { RemoteResult, RemoteResumeOptions } from "./types.js";

type Streams = { stdout: number; stderr: number };

/**
 * What of a cell's output its reader has had. The result has all of it: so what came too fast to be kept, or was never
 * sent because its worker died right after the commit, is given at the end, and nothing twice.
 */
export interface Outputs {
  /** The cell begins: the first time, or anew. */
  begin(attempt: number): void;
  write(stream: keyof Streams, text: string): Promise<void>;
  /** What comes now does not join on to what came before. */
  breakOff(): void;
  end(result: RemoteResult): Promise<void>;
}

export function createOutputs({ onOutput, onRestart }: RemoteResumeOptions): Outputs {
  let attempt: number | undefined;
  let given: Streams = { stdout: 0, stderr: 0 };
  /** Whether what comes joins on to what was given. */
  let isJoined = false;

  function restart(): void {
    const hadSome = given.stdout + given.stderr > 0;
    given = { stdout: 0, stderr: 0 };
    if (hadSome) onRestart?.();
  }

  async function give(stream: keyof Streams, text: string): Promise<void> {
    if (text === "") return;
    given[stream] += text.length;
    await onOutput?.(stream, text);
  }

  return {
    begin(number) {
      attempt = number;
      isJoined = true;
      restart();
    },
    async write(stream, text) {
      if (isJoined) await give(stream, text);
    },
    breakOff() {
      isJoined = false;
    },
    async end({ attempts, stdout = "", stderr = "" }) {
      if (onOutput === undefined) return;
      if (attempt !== undefined && attempt !== attempts) restart();
      await give("stdout", stdout.slice(given.stdout));
      await give("stderr", stderr.slice(given.stderr));
    },
  };
}
