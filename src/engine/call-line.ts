import type { Doors } from "../abi/doors.js";
import type { NetworkAnswer } from "../abi/network-line.js";
import {
  type CrossingValue,
  type GuestCall,
  type HostAnswer,
  type HostLine,
  networkCallPrefix,
  type Suspension,
} from "../guest/host-line.js";
import type { CallLimits, GuestLimit } from "./messages.js";
import type { GuestSignals } from "./signals.js";

/** How the calls of a guest get to its owner, and the answers back; see `guest-thread.ts`. */
export interface CallMail {
  /** Absent: answers come while the guest runs. */
  readonly unreachable?: {
    /** Why none can. */
    readonly reason: string;
    /** Resolves when something may have come. */
    waitForMail(): Promise<void>;
  };
  /** Sends what has gathered. `answersTaken`: the guest waits from now on, and has taken so many answers so far. */
  post(calls: readonly GuestCall[], cancelled: readonly number[], answersTaken?: number): void;
  /** The guest waits no longer, though no answer has come. */
  wokeBySelf(): void;
  /** The next answer that has come. */
  take(): HostAnswer | undefined;
  readonly signals: Pick<GuestSignals, "events" | "pending" | "waitForEvent">;
}

/** The host's end of a guest's calls, in the guest's thread. */
export interface CallLine extends HostLine {
  /** A run begins. */
  begin(): void;
  /** It is over, or suspended: sends what has not been sent yet, and gives what the code has shown. */
  end(): readonly CrossingValue[];
  /** The calls whose answers come another day. */
  suspended(): Omit<Suspension, "ofRun">;
  /**
   * Where no answer comes while the guest runs, and it waits for nothing else now: resolves when there is one, and the run
   * can go on. False if all of them come another day.
   */
  waitForAnswer(): Promise<boolean>;
  /** The guest goes on from a state in which it waits for these. Whatever else it waited for is lost. */
  restore(suspended: Omit<Suspension, "ofRun">): void;
}

/** So much of calls without an answer is held for a guest, in bytes, or four times what one of them may have. */
const leastPendingBytes = 64 * 1024 * 1024;
/** Code that asks on and on and takes no answer, of the network for instance, is told no more than so often. */
const mostRefused = 100_000;
/** What a call takes besides, rounded up. */
const bytesOfCall = 256;
/** A call is sent with those that follow within so many milliseconds of the last sending, and with so many at most. */
const longestGatherMs = 1;
const mostGathered = 256;

/**
 * @param maxShownBytes The most that a run may show.
 * @param onLimit Hears that a run has met a limit.
 */
export function createCallLine(
  mail: CallMail,
  { maxCalls, maxCallBytes }: CallLimits,
  maxShownBytes: number,
  clocks: Pick<Doors["clocks"], "sleep" | "isVirtual">,
  onLimit: (limit: GuestLimit) => void,
): CallLine {
  const { signals } = mail;
  const maxPendingBytes = Math.max(leastPendingBytes, 4 * maxCallBytes);
  const pending = new Map<number, PendingCall>();
  let pendingBytes = 0;
  /** Those of the state that the guest went on from, and the bytes of them together. */
  const restored = new Set<number>();
  let restoredBytes = 0;
  /** Answers to calls that got no further than this. */
  const refused: HostAnswer[] = [];
  /** Calls whose answers cannot come before the run waits for nothing else, and of which the driver does not know yet. */
  let unmarked: number[] = [];
  let calls: GuestCall[] = [];
  let cancelled: number[] = [];
  let lastPostMs = 0;
  let answersTaken = 0;
  let callsOfRun = 0;
  let shown: CrossingValue[] = [];
  let shownBytes = 0;
  /** Answers for the driver that came while something else was looked for. */
  const kept: HostAnswer[] = [];
  /** Whoever waits for the network's answers, by the numbers of their calls: negative ones, which no driver has. */
  const networkCalls = new Map<number, (answer: NetworkAnswer) => void>();
  let lastNetworkCall = 0;

  function refuse(id: number, type: string, message: string): void {
    if (refused.length < mostRefused) refused.push({ id, error: { type, message } });
  }

  function remember(id: number, bytes: number, isSuspended: boolean): void {
    pending.set(id, { bytes, isSuspended, isHeld: mail.unreachable !== undefined && !isSuspended });
    pendingBytes += bytes;
  }

  function forget(id: number): void {
    pendingBytes -= pending.get(id)?.bytes ?? 0;
    pending.delete(id);
    // Nobody knows what each of them has, so all of it is theirs until the last one is gone.
    if (!restored.delete(id) || restored.size > 0) return;
    pendingBytes -= restoredBytes;
    restoredBytes = 0;
  }

  function post(answers?: number): void {
    if (calls.length === 0 && cancelled.length === 0 && answers === undefined) return;
    mail.post(calls, cancelled, answers);
    calls = [];
    cancelled = [];
    lastPostMs = performance.now();
  }

  /** The next answer that somebody waits for. */
  function takeAnswer(): HostAnswer | undefined {
    for (;;) {
      const own = refused.shift();
      if (own !== undefined) return own;
      const answer = kept.shift() ?? takeMail();
      if (answer === undefined) return undefined;
      const call = pending.get(answer.id);
      if (call === undefined) continue;
      if (!("isSuspended" in answer)) forget(answer.id);
      else if (isToldAlready(call)) continue;
      else call.isSuspended = true;
      return answer;
    }
  }

  /** Whether the driver believes anyway that the call is answered another day. */
  function isToldAlready(call: PendingCall): boolean {
    if (!call.isHeld) return false;
    call.isHeld = false;
    call.isSuspended = true;
    return true;
  }

  /** The next answer that is for the driver; those of the network are given to whoever has asked. */
  function takeMail(): HostAnswer | undefined {
    for (;;) {
      const answer = mail.take();
      if (answer !== undefined) answersTaken++;
      if (answer === undefined || answer.id > 0) return answer;
      hear(answer);
    }
  }

  function hear(answer: HostAnswer): void {
    const onAnswer = networkCalls.get(answer.id);
    networkCalls.delete(answer.id);
    if ("error" in answer) onAnswer?.(answer);
    else if ("value" in answer) {
      const [bytes] = answer.value.bytes;
      onAnswer?.({ value: JSON.parse(answer.value.json), ...(bytes === undefined ? {} : { bytes }) });
    }
  }

  /** Takes all that has come. True if it was anything. */
  function sort(): boolean {
    const before = answersTaken;
    for (let answer = takeMail(); answer !== undefined; answer = takeMail()) kept.push(answer);
    return answersTaken > before;
  }

  const isAwaiting = () => pending.size > 0 || networkCalls.size > 0;

  function waitForAnswer(waitMs: number): HostAnswer | undefined {
    let answer: HostAnswer | undefined;
    waitUntil(waitMs, () => {
      answer = takeAnswer();
      return answer !== undefined;
    });
    return answer;
  }

  /** Waits until it is so, or the code is to be interrupted. False if the time is over before that. */
  function waitUntil(waitMs: number, isSo: () => boolean): boolean {
    const wait = (timeoutMs: number) => {
      const end = performance.now() + timeoutMs;
      for (;;) {
        const seen = signals.events();
        if (isSo() || signals.pending()) return true;
        const leftMs = end - performance.now();
        if (!(leftMs > 0)) return false;
        signals.waitForEvent(seen, leftMs);
      }
    };
    // Where time passes by sleeps alone, an answer comes before whatever is due later.
    if (clocks.isVirtual && isAwaiting()) return wait(Number.POSITIVE_INFINITY);
    return clocks.sleep(waitMs, wait);
  }

  /** Nothing comes while the guest runs: what awaits is told that its answer comes later, and what waits that none can. */
  function receiveAlone(waitMs: number, reason: string): HostAnswer | undefined {
    const id = waitMs > 0 ? unmarked.pop() : unmarked.shift();
    if (id === undefined) return undefined;
    if (!(waitMs > 0)) return { id, isSuspended: true };
    calls = calls.filter((call) => call.id !== id);
    forget(id);
    return { id, error: { type: "HostError", message: reason } };
  }

  return {
    maxCallBytes,
    pendingBytes: () => pendingBytes,
    call(call) {
      const { id, args } = call;
      // Nobody but the driver numbers calls, or the code harms its own.
      if (pending.has(id) || id <= 0) return;
      const bytes = sizeOf(args);
      if (!call.name.startsWith(networkCallPrefix)) callsOfRun++;
      if (callsOfRun > maxCalls) {
        onLimit("calls");
        refuse(id, "HostError", `the run has made ${maxCalls} calls, which is its limit`);
      } else if (bytes > maxCallBytes) {
        refuse(id, "ValueError", `the arguments of a call may have ${maxCallBytes} bytes, not ${bytes}`);
      } else if (pendingBytes + bytes > maxPendingBytes) {
        refuse(id, "HostError", `the arguments of calls that wait may have ${maxPendingBytes} bytes`);
      } else {
        remember(id, bytes + bytesOfCall, false);
        calls.push(call);
        if (mail.unreachable !== undefined) unmarked.push(id);
        else if (calls.length >= mostGathered || performance.now() - lastPostMs > longestGatherMs) post();
      }
    },
    refuse(id, reason) {
      callsOfRun++;
      refuse(id, "ValueError", reason);
    },
    cancel(id) {
      if (!pending.has(id)) return;
      forget(id);
      unmarked = unmarked.filter((each) => each !== id);
      const unsent = calls.findIndex((call) => call.id === id);
      if (unsent < 0) cancelled.push(id);
      else calls.splice(unsent, 1);
    },
    display(value) {
      shownBytes += sizeOf(value);
      if (shownBytes > maxShownBytes) onLimit("output");
      else shown.push(value);
    },
    receive(waitMs) {
      const ready = takeAnswer();
      if (mail.unreachable !== undefined) return ready ?? receiveAlone(waitMs, mail.unreachable.reason);
      if (ready !== undefined || !(waitMs > 0)) {
        post();
        return ready;
      }
      const isAwaited = isAwaiting();
      post(isAwaited ? answersTaken : undefined);
      const answer = waitForAnswer(waitMs);
      if (answer === undefined && isAwaited) mail.wokeBySelf();
      return answer;
    },
    isAnswered() {
      sort();
      return refused.length > 0 || kept.length > 0 || unmarked.length > 0;
    },
    isInterrupted: () => signals.pending(),
    network: {
      ask(operation, given, onAnswer, bytes) {
        const id = --lastNetworkCall;
        networkCalls.set(id, onAnswer);
        const json = JSON.stringify([[bytes === undefined ? given : { ...given, bytes: { $bytes: 0 } }], {}]);
        const args = { json, bytes: bytes === undefined ? [] : [bytes] };
        calls.push({ id, name: `${networkCallPrefix}${operation}`, args });
        post();
      },
      look: sort,
      wait(timeoutMs) {
        const isAwaited = isAwaiting();
        post(isAwaited ? answersTaken : undefined);
        let hasCome = false;
        waitUntil(timeoutMs, () => {
          hasCome = sort();
          return hasCome;
        });
        if (hasCome) return "answered";
        if (isAwaited) mail.wokeBySelf();
        return signals.pending() ? "interrupted" : "late";
      },
    },
    begin() {
      callsOfRun = 0;
      shown = [];
      shownBytes = 0;
    },
    end() {
      post();
      const all = shown;
      shown = [];
      return all;
    },
    suspended() {
      const waiting = [...pending].filter(([, { isSuspended }]) => isSuspended);
      return {
        calls: waiting.map(([id]) => id).sort((first, second) => first - second),
        bytes: waiting.reduce((sum, [, { bytes }]) => sum + bytes, 0),
      };
    },
    async waitForAnswer() {
      for (;;) {
        sort();
        const news = kept.splice(0).filter((answer) => {
          const call = pending.get(answer.id);
          return call !== undefined && !("isSuspended" in answer && isToldAlready(call));
        });
        kept.push(...news);
        if (kept.length > 0) return true;
        if (![...pending.values()].some(({ isHeld }) => isHeld)) return false;
        post(answersTaken);
        await mail.unreachable?.waitForMail();
      }
    },
    restore({ calls, bytes }) {
      // The state may be forged, and what is told to be theirs is what an answer may have.
      if (calls.length > 0) restoredBytes = Math.min(bytes, maxPendingBytes);
      pendingBytes += restoredBytes;
      for (const id of calls) {
        restored.add(id);
        remember(id, 0, true);
      }
    },
  };
}

interface PendingCall {
  readonly bytes: number;
  /** Its answer comes another day. */
  isSuspended: boolean;
  /** The owner has not said yet what becomes of it, and cannot while the guest runs. */
  isHeld: boolean;
}

function sizeOf({ json, bytes }: CrossingValue): number {
  return bytes.reduce((sum, part) => sum + part.length, json.length);
}
