import { join } from "node:path";
import { MessageChannel, Worker } from "node:worker_threads";
import { giveBack } from "../../engine/give-back.js";
import { bytesOf, bytesOfChange, copyState } from "../../engine/guest-state.js";
import {
  GuestFailedError,
  type RunListener,
  ThreadEndedError,
  type ThreadHandle,
} from "../../engine/handle.js";
import type { FromThread, InputAnswer, ToThread } from "../../engine/messages.js";
import { control, createControl } from "../../engine/signals.js";
import { packageRoot } from "../package-root.js";
import type { ThreadData } from "./thread-data.js";
import { createThreadNumber, threadTimeMs } from "./thread-time.js";

/**
 * CPython bounds its recursion by 10 MB of its own stack, for which V8 needs up to six times as much of this one:
 * where that is missing, deep recursion destroys the interpreter instead of raising an error. Only what is touched
 * takes memory.
 */
const stackSizeMb = 256;

/**
 * Starts a thread. It comes up while the caller goes on; what is asked of it meanwhile waits.
 *
 * @param env The thread's environment, not the guest's. Default: empty, since it needs none of the host's.
 */
export function createThreadHandle(env: Record<string, string> = {}): ThreadHandle {
  const shared = createControl();
  const input = new MessageChannel();
  const number = createThreadNumber();
  const data: ThreadData = { control: shared, number, input: input.port2 };
  const worker = new Worker(join(packageRoot(), "dist", "thread.cjs"), {
    resourceLimits: { stackSizeMb },
    workerData: data,
    transferList: [input.port2],
    env,
    execArgv: [],
  });

  let waiting: { resolve(message: FromThread): void; reject(error: Error): void } | undefined;
  let listener: RunListener = {};
  let ended = false;
  let lastCpuMs: number | undefined;
  const end = (error: Error) => {
    if (ended) return;
    lastCpuMs = threadTimeMs(number);
    ended = true;
    input.port1.close();
    settle((promise) => promise.reject(error));
  };
  worker.on("message", receive);
  worker.on("error", (cause) => end(new ThreadEndedError("the session's thread broke down", { cause })));
  worker.on("exit", () => end(new ThreadEndedError("the session's thread was ended")));
  // A session alone must not keep a process alive. Adding a listener takes this back, so it comes last.
  worker.unref();

  function receive(message: FromThread): void {
    if (message.type === "output") {
      takeOutput(message);
    } else if (message.type === "input") {
      void answerInput(message.number);
    } else if (message.type === "changed" && !message.asked) {
      if (handle.onChange !== undefined) handle.onChange(message.change, message.runs);
      else for (const bytes of bytesOfChange(message.change)) giveBack(bytes);
    } else {
      settle((promise) => promise.resolve(message));
    }
  }

  function takeOutput({ stream, text, byteCount }: Extract<FromThread, { type: "output" }>): void {
    const reader = listener;
    const read = reader.onOutput?.(stream, text);
    if (read === undefined) control.taken(shared, byteCount);
    // What is read after its run is over is no part of the next one's account.
    else void read.then(() => reader === listener && control.taken(shared, byteCount));
  }

  async function answerInput(number: number): Promise<void> {
    const bytes = (await listener.onInput?.()) ?? new Uint8Array(0);
    const answer: InputAnswer = { number, bytes };
    input.port1.postMessage(answer);
    control.notify(shared, 0);
  }

  function settle(action: (promise: NonNullable<typeof waiting>) => void): void {
    const promise = waiting;
    if (promise === undefined) return;
    waiting = undefined;
    listener = {};
    worker.unref();
    action(promise);
  }

  async function ask<Type extends FromThread["type"]>(
    message: ToThread,
    expected: Type,
    moved: readonly Uint8Array[] = [],
  ): Promise<Extract<FromThread, { type: Type }>> {
    if (ended) throw new ThreadEndedError("the session's thread was ended");
    if (waiting !== undefined) throw new Error("the thread is busy");
    const answer = await new Promise<FromThread>((resolve, reject) => {
      // First, since it fails if the message cannot be copied.
      worker.postMessage(
        message,
        moved.map(({ buffer }) => buffer as ArrayBuffer),
      );
      waiting = { resolve, reject };
      worker.ref();
    });
    if (answer.type === "failed") throw new GuestFailedError(answer.kind, answer.message);
    if (answer.type !== expected) throw new Error("the session's thread answered out of turn");
    return answer as Extract<FromThread, { type: Type }>;
  }

  const handle: ThreadHandle = {
    onChange: undefined,
    get ended() {
      return ended;
    },
    async open(runtime, options) {
      control.clear(shared);
      await ask({ type: "open", runtime, options }, "opened");
    },
    async restore(runtime, options, state) {
      control.clear(shared);
      const copy = copyState(state);
      await ask({ type: "open", runtime, options, state: copy }, "opened", bytesOf(copy));
    },
    async start(start) {
      await ask({ type: "start", start }, "started");
    },
    async run(run, runListener = {}) {
      control.clear(shared);
      listener = runListener;
      return (await ask({ type: "run", run }, "done")).outcome;
    },
    notify(level) {
      control.notify(shared, level);
    },
    async inspect(request) {
      control.clear(shared);
      return (await ask({ type: "inspect", request }, "inspected")).answer;
    },
    async save() {
      return (await ask({ type: "save" }, "changed")).change;
    },
    async snapshot(since) {
      const message: ToThread = { type: "snapshot", ...(since === undefined ? {} : { since }) };
      return (await ask(message, "snapshot")).snapshot;
    },
    async know(id, snapshot) {
      const message: ToThread = { type: "know", id, ...(snapshot === undefined ? {} : { snapshot }) };
      return (await ask(message, "knows")).isKnown;
    },
    async usage() {
      return (await ask({ type: "usage" }, "usage")).usage;
    },
    cpuMs: () => (ended ? lastCpuMs : threadTimeMs(number)),
    prepare(runtime, options) {
      worker.postMessage({ type: "prepare", runtime, options } satisfies ToThread);
    },
    async release() {
      handle.onChange = undefined;
      await ask({ type: "close" }, "closed");
    },
    async terminate() {
      end(new ThreadEndedError("the session's thread was ended"));
      await worker.terminate();
    },
  };
  return handle;
}
