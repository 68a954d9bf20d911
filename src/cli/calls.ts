import { declareFunctions } from "../session/live-session.js";
import type { CellResult, ProgramRunOptions, ResumeAnswer, RunSignal } from "../session/options.js";
import type { Session } from "../session/session.js";
import type { SessionStats } from "../session/stats.js";
import { toJsonLine } from "../wire/json-text.js";
import { resultInJson } from "../wire/result-json.js";
import { type FileAnswer, operateOnFiles } from "./file-operations.js";
import type { HostCalls } from "./host-calls.js";
import type { NamedSessions } from "./named-sessions.js";
import type { CodeRequest, Request, RequestId, ResumeRequest } from "./requests.js";
import { readAnswers } from "./resume-answers.js";
import type { StreamWriter } from "./stream-writer.js";

/** Carries out requests of the JSON lines protocol, and knows which runs can still be called off. */
export interface Calls {
  /**
   * Takes a request, which from now on can be called off, and gives what carries it out when it is its turn. That resolves
   * with what is to be answered, if anything, and never rejects.
   */
  take(request: Request): () => Promise<Answer | undefined>;
  /** Stops what runs in a session, if it has that id. False if nothing of that id runs there. */
  stopRun(session: string, id: RequestId): boolean;
  /** Calls off whatever runs or waits, and whatever is asked from now on. */
  end(): void;
}

export interface Answer {
  readonly id: RequestId;
  readonly error?: string;
  readonly sessions?: readonly string[];
  readonly content?: FileAnswer["content"];
  readonly entries?: FileAnswer["entries"];
  readonly info?: FileAnswer["info"];
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
  hostCalls: HostCalls,
  beforeRun: (name: string, session: Session) => Promise<void>,
): Calls {
  const pending = new Map<RequestId, CallOff[]>();
  /** What runs, by the names of sessions. */
  const running = new Map<string, { readonly id: RequestId; readonly signal: CallOff }>();
  let isEnding = false;
  const ending = new AbortController();

  /** From now on the request can be called off. */
  function expect(id: RequestId): CallOff {
    const signal = new CallOff();
    if (isEnding) signal.abort();
    const namesakes = pending.get(id);
    if (namesakes === undefined) pending.set(id, [signal]);
    else namesakes.push(signal);
    return signal;
  }

  function forget(id: RequestId, signal: CallOff): void {
    const others = pending.get(id)?.filter((each) => each !== signal) ?? [];
    if (others.length === 0) pending.delete(id);
    else pending.set(id, others);
  }

  async function run(request: CodeRequest | ResumeRequest, signal: CallOff): Promise<Answer> {
    const { id, session, timeoutMs, cpuTimeoutMs, maxWaitMs, stream, details } = request;
    const options: ProgramRunOptions = {
      id,
      signal,
      measuresCpu: details,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(cpuTimeoutMs === undefined ? {} : { cpuTimeoutMs }),
      ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
      ...(stream
        ? {
            keepOutput: false,
            onOutput: (name, text) => output.write(toJsonLine({ id, event: "output", stream: name, text })),
          }
        : {}),
    };
    try {
      const perform = performed(request, options);
      const result = await sessions.use(session, async (current) => {
        await beforeRun(session, current);
        await output.room(signal);
        running.set(session, { id, signal });
        try {
          return await perform(current);
        } finally {
          running.delete(session);
        }
      });
      return { id, ...resultInJson(result, details) };
    } finally {
      forget(id, signal);
    }
  }

  function interrupt(target: RequestId): void {
    const namesakes = pending.get(target);
    if (namesakes === undefined) {
      throw new Error(`no request ${JSON.stringify(target)} runs or waits`);
    }
    for (const callOff of namesakes) callOff.abort();
  }

  async function act(request: Exclude<Request, CodeRequest | ResumeRequest>): Promise<Answer | undefined> {
    const { id, session } = request;
    switch (request.op) {
      case "return":
      case "suspend":
        hostCalls.answer(request);
        return undefined;
      case "functions":
        await sessions.use(session, async (current) => {
          hostCalls.declare(session, request.functions);
          declareFunctions(current, hostCalls.functionsOf(session));
        });
        return { id };
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
        hostCalls.copy(session, request.to);
        return { id };
      case "close":
        await sessions.close(session);
        hostCalls.forget(session);
        return { id };
      case "read_file":
      case "write_file":
      case "list_files":
      case "stat_file":
      case "remove_file":
        return sessions.use(session, async (current) => {
          // Files are large, and what waits for its reader is in memory.
          await output.room(ending.signal);
          return operateOnFiles(current, request);
        });
    }
  }

  async function answer(
    { id }: Request,
    action: () => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    try {
      return await action();
    } catch (error) {
      return { id, error: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    take(request) {
      if (request.op !== "run" && request.op !== "resume") return () => answer(request, () => act(request));
      const signal = expect(request.id);
      return () => answer(request, () => run(request, signal));
    },
    stopRun(session, id) {
      const current = running.get(session);
      if (current?.id !== id) return false;
      current.signal.abort();
      return true;
    },
    end() {
      isEnding = true;
      ending.abort();
      for (const namesakes of pending.values()) {
        for (const callOff of namesakes) callOff.abort();
      }
    },
  };
}

/** What carries out a run when it is its turn. An error of one line if it cannot be. */
function performed(
  request: CodeRequest | ResumeRequest,
  options: ProgramRunOptions,
): (session: Session) => Promise<CellResult> {
  if (request.op === "resume") {
    const answers: ResumeAnswer[] = readAnswers(request.results);
    return (session) => session.resume(answers, options);
  }
  const { code, stdin, language, value } = request;
  const runOptions: ProgramRunOptions = {
    ...options,
    ...(stdin === undefined ? {} : { stdin }),
    ...(language === undefined ? {} : { language }),
    ...(value ? { value } : {}),
  };
  return (session) => session.run(code, runOptions);
}

/** As an `AbortController` and its signal, of which very many can wait: it takes a tenth of their memory. */
class CallOff implements RunSignal {
  aborted = false;
  #listeners: Array<() => void> = [];

  abort(): void {
    this.aborted = true;
    for (const listener of this.#listeners.splice(0)) listener();
  }

  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }
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
