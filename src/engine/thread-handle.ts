import { giveBack } from "./give-back.js";
import { bytesOf, bytesOfChange, copyState } from "./guest-state.js";
import { GuestFailedError, type RunListener, ThreadEndedError, type ThreadHandle } from "./handle.js";
import type { FromThread, ToRunning, ToThread } from "./messages.js";
import { control } from "./signals.js";

/** A thread for guests, as the platform starts it; it serves them with `serveGuests`. */
export interface GuestThread {
  /** The words of shared memory between owner and thread; see `signals.ts`. */
  readonly control: Int32Array;
  /** @param moved Bytes that belong to the thread from then on; each is all of its buffer. Fails if it cannot be copied. */
  post(message: ToThread, moved: readonly Uint8Array[]): void;
  /** Sends something by a way that a thread which runs code looks at. */
  mail(message: ToRunning, moved: readonly Uint8Array[]): void;
  /** Says who hears of the thread. `onEnd` comes once or more, with the reason for the first time. */
  listen(onMessage: (message: FromThread) => void, onEnd: (reason: ThreadEndedError) => void): void;
  /** Whether the thread alone keeps the process alive. It does not at first. */
  keepAlive(isNeeded: boolean): void;
  /** Processor time that the thread has taken so far, in milliseconds, where the system tells it. */
  cpuMs(): number | undefined;
  /** Nothing is asked of it any more: frees what the owner holds of it. */
  release(): void;
  /** Ends the thread, whatever it is doing. Resolves when it has really ended. */
  terminate(): Promise<void>;
}

/** What is asked of a thread, as messages to it and answers from it. */
export function createThreadHandle(thread: GuestThread): ThreadHandle {
  const shared = thread.control;
  let waiting: { resolve(message: FromThread): void; reject(error: Error): void } | undefined;
  let listener: RunListener = {};
  let ended = false;
  let lastCpuMs: number | undefined;
  /** Of the guest at hand. */
  let answersSent = 0;
  const end = (error: Error) => {
    if (ended) return;
    lastCpuMs = thread.cpuMs();
    ended = true;
    thread.release();
    settle((promise) => promise.reject(error));
  };
  thread.listen(receive, end);

  function receive(message: FromThread): void {
    if (message.type === "output") {
      takeOutput(message);
    } else if (message.type === "input") {
      void answerInput(message.number);
    } else if (message.type === "calls") {
      const { calls, cancelled, answersTaken } = message;
      if (calls.length > 0 || cancelled.length > 0) handle.onCalls?.(calls, cancelled);
      // An answer that it has not seen yet wakes it at once.
      if (answersTaken === answersSent) listener.onWait?.(true);
    } else if (message.type === "woke") {
      listener.onWait?.(false);
    } else if (message.type === "limit") {
      listener.onLimit?.();
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
    thread.mail({ number, bytes }, []);
    control.notify(shared, 0);
  }

  function settle(action: (promise: NonNullable<typeof waiting>) => void): void {
    const promise = waiting;
    if (promise === undefined) return;
    waiting = undefined;
    listener = {};
    thread.keepAlive(false);
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
      thread.post(message, moved);
      waiting = { resolve, reject };
      thread.keepAlive(true);
    });
    if (answer.type === "failed") throw new GuestFailedError(answer.kind, answer.message);
    if (answer.type !== expected) throw new Error("the session's thread answered out of turn");
    return answer as Extract<FromThread, { type: Type }>;
  }

  const handle: ThreadHandle = {
    onChange: undefined,
    onCalls: undefined,
    get ended() {
      return ended;
    },
    async open(runtime, options) {
      control.clear(shared);
      await ask({ type: "open", runtime, options }, "opened");
      answersSent = 0;
    },
    async restore(runtime, options, state) {
      control.clear(shared);
      const copy = copyState(state);
      const { suspension } = await ask(
        { type: "open", runtime, options, state: copy },
        "opened",
        bytesOf(copy),
      );
      answersSent = 0;
      return suspension;
    },
    async start(start) {
      await ask({ type: "start", start }, "started");
    },
    async run(run, runListener = {}) {
      control.clear(shared);
      listener = runListener;
      return (await ask({ type: "run", run }, "done")).outcome;
    },
    answerCalls(answers) {
      answersSent += answers.length;
      const bytes = answers.flatMap((answer) => ("value" in answer ? answer.value.bytes : []));
      thread.mail({ answers }, bytes);
      control.notify(shared, 0);
      listener.onWait?.(false);
    },
    notify(level) {
      control.notify(shared, level);
    },
    metLimit: () => control.metLimit(shared),
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
    async image() {
      return (await ask({ type: "image" }, "image")).bytes;
    },
    async usage() {
      return (await ask({ type: "usage" }, "usage")).usage;
    },
    async workOnFiles(request) {
      const message: ToThread = { type: "files", ...(request === undefined ? {} : { request }) };
      return (await ask(message, "files", request?.op === "write" ? [request.bytes] : [])).step;
    },
    cpuMs: () => (ended ? lastCpuMs : thread.cpuMs()),
    prepare(runtime, options) {
      thread.post({ type: "prepare", runtime, options }, []);
    },
    async release() {
      handle.onChange = undefined;
      handle.onCalls = undefined;
      await ask({ type: "close" }, "closed");
    },
    async terminate() {
      end(new ThreadEndedError("the session's thread was ended"));
      await thread.terminate();
    },
  };
  return handle;
}
