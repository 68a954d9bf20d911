import { type Errno, ErrnoError, errnoNumbers } from "../../errno.js";
import { readClock } from "../clocks.js";
import type { GuestMemory } from "../guest-memory.js";
import type { WasiContext } from "./host.js";

const subscriptionBytes = 48;
const eventBytes = 32;
/** No program waits for more than a handful; it bounds what the guest can make the host hold. */
const maxSubscriptions = 4096;

/** `eventtype` */
const eventTypes = { clock: 0, read: 1, write: 2 } as const;
/** `subclockflags`: `timeout` is a moment, not a span. */
const absoluteTime = 1;
/** `eventrwflags`: the other end is gone. */
const hangupFlag = 1;

/** Descriptors tell whether they are ready, not when they become so: they are asked again after this long. */
const firstNapMs = 1;
const longestNapMs = 16;

interface ClockSubscription {
  readonly userdata: bigint;
  readonly type: typeof eventTypes.clock;
  readonly clockId: number;
  /** The moment on that clock, in nanoseconds. */
  readonly dueNs: bigint;
}

interface FileSubscription {
  readonly userdata: bigint;
  readonly type: typeof eventTypes.read | typeof eventTypes.write;
  readonly fd: number;
}

interface PollEvent {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno?: Errno;
  readonly bytes?: number;
  readonly hangup?: boolean;
}

/** Waiting (`wasi_snapshot_preview1.witx`: `poll_oneoff`). */
export function pollFunctions({ descriptors, host, memory }: WasiContext) {
  function due(subscription: ClockSubscription): PollEvent | undefined {
    if (readClock(host.clocks, subscription.clockId) < subscription.dueNs) return undefined;
    return { userdata: subscription.userdata, type: subscription.type };
  }

  function ready({ fd, type, userdata }: FileSubscription): PollEvent | undefined {
    try {
      descriptors.permitted(fd, "poll_fd_readwrite");
      const reading = type === eventTypes.read;
      const { file } = descriptors.permitted(fd, reading ? "fd_read" : "fd_write");
      const state = file.poll(reading ? "read" : "write");
      if (!state.ready && !state.hangup) return undefined;
      return { userdata, type, bytes: state.bytes, hangup: state.hangup };
    } catch (error) {
      if (!(error instanceof ErrnoError)) throw error;
      return { userdata, type, errno: error.errno };
    }
  }

  function collect(subscriptions: ReadonlyArray<Subscription>): PollEvent[] {
    const events: PollEvent[] = [];
    for (const subscription of subscriptions) {
      const event = happened(subscription);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  function happened(subscription: Subscription): PollEvent | undefined {
    if ("event" in subscription) return subscription.event;
    return subscription.type === eventTypes.clock ? due(subscription) : ready(subscription);
  }

  /** How long, in milliseconds, until the first clock is due. */
  function untilDueMs(subscriptions: ReadonlyArray<Subscription>): number {
    let shortest = Infinity;
    for (const subscription of subscriptions) {
      if ("event" in subscription || subscription.type !== eventTypes.clock) continue;
      const leftNs = subscription.dueNs - readClock(host.clocks, subscription.clockId);
      shortest = Math.min(shortest, Number(leftNs) / 1e6);
    }
    return Math.max(0, shortest);
  }

  const sleep = (timeoutMs: number) => host.clocks.sleep(timeoutMs, host.wait);

  /** Waits for descriptors or a clock. On virtual clocks, what is not ready at once becomes ready too late for them. */
  function nap(untilDueMs: number, napMs: number): boolean {
    if (!host.clocks.isVirtual) return sleep(Math.min(untilDueMs, napMs));
    return Number.isFinite(untilDueMs) ? sleep(untilDueMs) : host.wait(napMs);
  }

  return {
    /**
     * `poll_oneoff(in, out, nsubscriptions, nevents)`: waits until at least one of the subscriptions has happened,
     * and reports all that have. What is wrong with a single one (a bad descriptor, an unknown clock) is reported in
     * its event. `EINVAL` (none, more than 4,096, or an unknown event type), `EFAULT`, `EINTR` (the host broke the
     * wait off).
     */
    poll_oneoff(input: number, output: number, count: number, eventCount: number): void {
      const subscriptionCount = count >>> 0;
      if (subscriptionCount === 0 || subscriptionCount > maxSubscriptions) throw new ErrnoError("EINVAL");
      const from = memory.check(input, subscriptionCount * subscriptionBytes);
      memory.check(output, subscriptionCount * eventBytes);
      memory.check(eventCount, 4);
      const subscriptions = Array.from({ length: subscriptionCount }, (_, index) =>
        readSubscription(memory, from + index * subscriptionBytes, (id) => readClock(host.clocks, id)),
      );
      const onlyClocks = subscriptions.every((each) => "event" in each || each.type === eventTypes.clock);

      let events = collect(subscriptions);
      for (let napMs = firstNapMs; events.length === 0; napMs = Math.min(napMs * 2, longestNapMs)) {
        const leftMs = untilDueMs(subscriptions);
        if (onlyClocks ? sleep(leftMs) : nap(leftMs, napMs)) throw new ErrnoError("EINTR");
        events = collect(subscriptions);
      }
      events.forEach((event, index) => {
        writeEvent(memory, (output >>> 0) + index * eventBytes, event);
      });
      memory.setU32(eventCount, events.length);
    },
  };
}

/** One that is wrong in itself has happened already: its event is the error. */
type Subscription = ClockSubscription | FileSubscription | { readonly event: PollEvent };

/** Reads a `subscription`: userdata, tag, then a clock (id, timeout, precision, flags) or a descriptor. */
function readSubscription(memory: GuestMemory, at: number, now: (clockId: number) => bigint): Subscription {
  const userdata = memory.u64(at);
  const type = memory.u8(at + 8);
  if (type === eventTypes.read || type === eventTypes.write) {
    return { userdata, type, fd: memory.u32(at + 16) };
  }
  if (type !== eventTypes.clock) throw new ErrnoError("EINVAL");
  const clockId = memory.u32(at + 16);
  const timeoutNs = memory.u64(at + 24);
  const flags = memory.u16(at + 40);
  try {
    const nowNs = now(clockId);
    if ((flags & ~absoluteTime) !== 0) throw new ErrnoError("EINVAL");
    return { userdata, type, clockId, dueNs: flags === absoluteTime ? timeoutNs : nowNs + timeoutNs };
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    return { event: { userdata, type, errno: error.errno } };
  }
}

/** Writes an `event`: userdata, error, type, and for descriptors the bytes at hand and flags. */
function writeEvent(memory: GuestMemory, at: number, event: PollEvent): void {
  memory.bytes(at, eventBytes).fill(0);
  memory.setU64(at, event.userdata);
  memory.setU16(at + 8, event.errno === undefined ? 0 : errnoNumbers[event.errno]);
  memory.setU8(at + 10, event.type);
  memory.setU64(at + 16, BigInt(event.bytes ?? 0));
  memory.setU16(at + 24, event.hangup === true ? hangupFlag : 0);
}
