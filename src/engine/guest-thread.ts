import type { GuestCall, HostAnswer, Suspension } from "../guest/host-line.js";
import type { CallMail } from "./call-line.js";
import { changesFiles, type FileRequest } from "./file-requests.js";
import { createGuestMemories } from "./guest-memories.js";
import { type GuestServer, openGuest, prepareGuest } from "./guest-server.js";
import { bytesOfChange } from "./guest-state.js";
import type { FromThread, GuestLimit, GuestOptions, InputAnswer, ToRunning, ToThread } from "./messages.js";
import { createOutputSender } from "./output-sender.js";
import type { GuestPlatform } from "./platform.js";
import type { Runtime } from "./runtime.js";
import { guestSignals } from "./signals.js";
import type { Timer } from "./timers.js";

/** After this much rest, what has changed is reported. */
const restMs = 10;
/** Under load, changes are reported at least this often, between two runs. */
const longestUnreportedMs = 200;
/** After this much rest, the memory of guests that are gone is given back, and what starting has left behind. */
const collectAfterMs = 2000;
/** Looking for changes may take at most this part of the time, for guests with very much memory. */
const greatestShare = 0.05;

/** The owner of a guest's thread, as the thread sees it. */
export interface ThreadOwner {
  /** The words of shared memory between owner and thread; see `signals.ts`. */
  readonly control: Int32Array;
  /** @param moved Bytes that belong to the owner from then on; each is all of its buffer. */
  post(message: FromThread, moved: readonly Uint8Array[]): void;
  listen(onMessage: (message: ToThread) => Promise<void>): void;
  /** See `CallMail`. Absent: mail and notices reach a guest that runs. */
  readonly unreachable?: CallMail["unreachable"];
  /** What has come for the guest that runs, if anything. Does not wait. */
  takeMail(): ToRunning | undefined;
}

/**
 * Serves an owner's guests, one after the other, in this thread.
 *
 * @param collectGarbage Has the thread's garbage collected now.
 */
export function serveGuests(owner: ThreadOwner, platform: GuestPlatform, collectGarbage: () => void): void {
  const signals = guestSignals(owner.control);
  const output = createOutputSender(signals, post);
  const memories = createGuestMemories();
  const inputs: InputAnswer[] = [];
  /** Those behind `answersTaken` are still to be taken. */
  let answers: HostAnswer[] = [];
  let answersTaken = 0;
  const sortMail = () => {
    for (let mail = owner.takeMail(); mail !== undefined; mail = owner.takeMail()) {
      if ("answers" in mail) answers.push(...mail.answers);
      else inputs.push(mail);
    }
  };
  const forgetMail = () => {
    sortMail();
    answers = [];
    answersTaken = 0;
  };
  const host = {
    signals,
    memories,
    platform,
    mail: {
      signals,
      ...(owner.unreachable === undefined ? {} : { unreachable: owner.unreachable }),
      post(calls: readonly GuestCall[], cancelled: readonly number[], answersTaken?: number) {
        const bytes = calls.flatMap(({ args }) => args.bytes);
        post(
          { type: "calls", calls, cancelled, ...(answersTaken === undefined ? {} : { answersTaken }) },
          bytes,
        );
      },
      wokeBySelf: () => post({ type: "woke" }),
      take(): HostAnswer | undefined {
        if (answersTaken === answers.length) {
          answers = [];
          answersTaken = 0;
          sortMail();
        }
        const answer = answers[answersTaken];
        if (answer !== undefined) answersTaken++;
        return answer;
      },
    },
    send: output.send,
    meetLimit(limit: GuestLimit) {
      const isFirst = signals.meetLimit(limit);
      if (isFirst) post({ type: "limit", limit });
      return isFirst;
    },
    ask(): Uint8Array | undefined {
      const number = ++questions;
      post({ type: "input", number });
      for (;;) {
        const seen = signals.events();
        sortMail();
        const answer = inputs.shift();
        // One to an earlier question is too late.
        if (answer?.number === number) return answer.bytes;
        if (answer !== undefined) continue;
        if (signals.pending()) return undefined;
        signals.waitForEvent(seen);
      }
    },
  };

  let server: GuestServer | undefined;
  /** A guest that was made ahead, and what it was made for. */
  let prepared: { readonly server: GuestServer; readonly purpose: string } | undefined;
  let questions = 0;
  /** Runs of the guest that is open. */
  let runs = 0;
  let reports = false;
  /** Since when the guest may have changed: when the first run after the last report began. */
  let unreportedSince: number | undefined;
  /** Its owner has changed files since the last report. */
  let isTouched = false;
  /** Nothing of the guest is known yet: without a report, it would have nothing to go back to. */
  let isFirst = true;
  let reportCostMs = 0;
  let rest: Timer | undefined;
  /** A guest has come or gone since garbage was collected last. */
  let isLittered = false;
  let collection: Timer | undefined;

  owner.listen(async (message) => {
    clearTimeout(rest);
    clearTimeout(collection);
    try {
      await act(message);
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ type: "failed", kind: name, message });
    }
    if (isLittered) collection = setTimeout(collect, collectAfterMs);
  });

  async function act(message: ToThread): Promise<void> {
    switch (message.type) {
      case "open":
        isLittered = true;
        server?.close();
        server = undefined;
        // Answers to the calls of the guest before are not for the next one's.
        forgetMail();
        server = takePrepared(message) ?? (await openFor(message));
        reports = message.options.checkpoints;
        isFirst = message.state === undefined;
        runs = 0;
        unreportedSince = undefined;
        isTouched = false;
        post({ type: "opened", ...suspensionOf(server) });
        return;
      case "start":
        opened().start(message.start);
        post({ type: "started" });
        return;
      case "prepare":
        await prepare(message.runtime, message.options);
        return;
      case "run": {
        // What its owner did to the files is not to be lost with the run.
        if (isTouched && reports) report(false);
        runs++;
        unreportedSince ??= performance.now();
        output.begin();
        const outcome =
          owner.unreachable === undefined
            ? opened().run(message.run)
            : await opened().runWaiting(message.run);
        output.end();
        const wanted = outcome.ended === undefined ? message.run.snapshot : undefined;
        // Without it, all the rest of the outcome is as good as ever.
        const snapshot =
          wanted &&
          (await opened()
            .snapshot(wanted.since)
            .catch(() => undefined));
        if (snapshot === undefined) post({ type: "done", outcome });
        else post({ type: "done", outcome: { ...outcome, snapshot } }, [snapshot.bytes]);
        if (outcome.ended === undefined) rested();
        else unreportedSince = undefined;
        return;
      }
      case "inspect":
        post({ type: "inspected", answer: opened().inspect(message.request) });
        rested();
        return;
      case "save":
        report(true);
        return;
      case "snapshot": {
        const snapshot = await opened().snapshot(message.since);
        post({ type: "snapshot", snapshot }, [snapshot.bytes]);
        restsOn();
        return;
      }
      case "know":
        post({ type: "knows", isKnown: await opened().know(message.id, message.snapshot) });
        restsOn();
        return;
      case "image": {
        const bytes = opened().image();
        post({ type: "image", bytes }, [bytes]);
        return;
      }
      case "usage":
        post({ type: "usage", usage: opened().usage() });
        restsOn();
        return;
      case "files":
        workOnFiles(message.request);
        return;
      case "close":
        isLittered = true;
        server?.close();
        server = undefined;
        post({ type: "closed" });
    }
  }

  function openFor({ runtime, options, state }: OpenMessage): Promise<GuestServer> {
    return state === undefined
      ? openGuest(runtime, options, host)
      : prepareGuest(runtime, options, host, state);
  }

  async function prepare(runtime: Runtime, options: GuestOptions): Promise<void> {
    // Nobody waits for the guest, so nobody is told if it cannot be made: whoever opens it will be.
    const server = await prepareGuest(runtime, options, host).catch(() => undefined);
    prepared?.server.close();
    prepared = server === undefined ? undefined : { server, purpose: purposeOf(runtime, options) };
  }

  function takePrepared({ runtime, options, state }: OpenMessage): GuestServer | undefined {
    const ready = prepared;
    prepared = undefined;
    if (ready === undefined) return undefined;
    if (state !== undefined || ready.purpose !== purposeOf(runtime, options)) {
      ready.server.close();
      return undefined;
    }
    ready.server.start(options.start);
    return ready.server;
  }

  function workOnFiles(request: FileRequest | undefined): void {
    const step = opened().workOnFiles(request);
    const { part } = step;
    post({ type: "files", step }, part !== undefined && "bytes" in part ? [part.bytes] : []);
    if (request !== undefined) isTouched ||= changesFiles(request);
    restsOn();
  }

  function opened(): GuestServer {
    if (server === undefined) throw new Error("no guest is open");
    return server;
  }

  /** The guest is at rest: its changes are due soon, or now if they have waited for too long. */
  function rested(): void {
    if (!reports) return;
    unreportedSince ??= performance.now();
    const longestMs = isFirst ? 0 : Math.max(longestUnreportedMs, reportCostMs / greatestShare);
    // A clock may be so coarse that no time has passed on it.
    if (performance.now() - unreportedSince >= longestMs) report(false);
    else rest = setTimeout(() => report(false), restMs);
  }

  /** Nothing of the guest has changed now, and what has before is still to be reported. */
  function restsOn(): void {
    if (isTouched || unreportedSince !== undefined) rested();
  }

  function report(asked: boolean): void {
    const start = performance.now();
    const change = opened().changes();
    post({ type: "changed", change, runs, asked }, bytesOfChange(change));
    unreportedSince = undefined;
    isTouched = false;
    isFirst = false;
    reportCostMs = performance.now() - start;
  }

  function collect(): void {
    isLittered = false;
    memories.drop();
    collectGarbage();
  }

  /** @param moved Bytes that belong to the receiver from now on; each is all of its buffer. */
  function post(message: FromThread, moved: readonly Uint8Array[] = []): void {
    owner.post(message, moved);
  }
}

function suspensionOf(server: GuestServer): { suspension?: Suspension } {
  const suspension = server.suspension();
  return suspension === undefined ? {} : { suspension };
}

type OpenMessage = Extract<ToThread, { type: "open" }>;

/** All that a guest depends on before its start; a stock build's place too, for another may be gone by then. */
function purposeOf({ id, stock }: Runtime, options: GuestOptions): string {
  return JSON.stringify([id, stock?.library, { ...options, start: undefined }]);
}
