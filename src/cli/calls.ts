import type { CellResult } from "../session/options.js";
import type { Session } from "../session/session.js";
import type { SessionStats } from "../session/stats.js";
import { type FileAnswer, operateOnFiles } from "./file-operations.js";
import { toJsonLine } from "./json-text.js";
import type { NamedSessions } from "./named-sessions.js";
import type { CodeRequest, Request, RequestId } from "./requests.js";
import type { StreamWriter } from "./stream-writer.js";

/** Carries out requests of the JSON lines protocol, and knows which runs can still be called off. */
export interface Calls {
  /** What is to be answered; never rejects. */
  answerTo(request: Request): Promise<Answer>;
  /** Calls off whatever runs or waits, and whatever is asked from now on. */
  end(): void;
}

export interface Answer {
  readonly id: RequestId;
  readonly error?: string;
  readonly sessions?: readonly string[];
  readonly content?: FileAnswer["content"];
  readonly entries?: FileAnswer["entries"];
  readonly stats?: Readonly<Record<string, string | number>>;
  /** See `CellResult.lostRuns`. */
  readonly lost_runs?: CellResult["lostRuns"];
}

/**
 * @param output Takes streamed output, and says when a run may begin: not while answers wait for their reader.
 * @param beforeRun Is awaited before a run, when it is its turn.
 */
export function createCalls(
  sessions: NamedSessions,
  output: StreamWriter,
  beforeRun: (name: string, session: Session) => Promise<void>,
): Calls {
  const pending = new Map<RequestId, Set<AbortController>>();
  let isEnding = false;
  const ending = new AbortController();

  async function run(request: CodeRequest): Promise<Answer> {
    const { id, session, code, stdin, timeoutMs, stream } = request;
    const controller = new AbortController();
    if (isEnding) controller.abort();
    const namesakes = pending.get(id) ?? new Set();
    pending.set(id, namesakes.add(controller));
    const { signal } = controller;
    try {
      const result = await sessions.use(session, async (current) => {
        await beforeRun(session, current);
        await output.room(signal);
        return current.run(code, {
          id,
          signal,
          ...(stdin === undefined ? {} : { stdin }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(stream
            ? {
                onOutput: (name, text) =>
                  output.write(toJsonLine({ id, event: "output", stream: name, text })),
              }
            : {}),
        });
      });
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

  async function act(request: Request): Promise<Answer> {
    const { id, session } = request;
    switch (request.op) {
      case "run":
        return run(request);
      case "interrupt":
        interrupt(request.target);
        return { id };
      case "sessions":
        return { id, sessions: await sessions.names() };
      case "stats":
        return { id, stats: statsOf(await sessions.stats(session)) };
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
      case "read_file":
      case "write_file":
      case "list_files":
        return sessions.use(session, async (current) => {
          // Files are large, and what waits for its reader is in memory.
          await output.room(ending.signal);
          return operateOnFiles(current, request);
        });
    }
  }

  return {
    answerTo: (request) =>
      act(request).catch((error) => ({
        id: request.id,
        error: error instanceof Error ? error.message : String(error),
      })),
    end() {
      isEnding = true;
      ending.abort();
      for (const controllers of pending.values()) {
        for (const controller of controllers) controller.abort();
      }
    },
  };
}

/** Sizes in bytes, times in whole milliseconds. */
function statsOf(stats: SessionStats): Answer["stats"] & {} {
  const { state, memoryBytes, fileBytes, files, stateBytes, runs, runMs, cpuMs } = stats;
  return {
    state,
    memory_bytes: memoryBytes,
    file_bytes: fileBytes,
    files,
    state_bytes: stateBytes,
    runs,
    run_ms: Math.round(runMs),
    ...(cpuMs === undefined ? {} : { cpu_ms: Math.round(cpuMs) }),
  };
}

/** Fields in the order in which people look for them; what has nothing to say is absent. */
function answerFor(id: RequestId, result: CellResult): Answer {
  const { output, error, exception, result: value, files, filesCut, stopped, state, lostRuns } = result;
  return {
    id,
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(exception === undefined ? {} : { exception }),
    ...(value === undefined ? {} : { result: value }),
    ...(files === undefined ? {} : { files }),
    ...(filesCut === undefined ? {} : { files_cut: filesCut }),
    ...(stopped === undefined ? {} : { stopped }),
    ...(state === undefined ? {} : { state }),
    ...(lostRuns === undefined ? {} : { lost_runs: lostRuns }),
  };
}
