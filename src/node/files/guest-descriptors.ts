import { closeSync, openSync, readFileSync } from "node:fs";
import { ErrnoError } from "../../errno.js";
import { hostCall } from "./host-errors.js";
import { O_PATH } from "./host-open.js";

/** The most descriptors of the host that the mounts of one guest may hold, where the process may have more. */
const mostOfGuest = 2048;
/** The same where the system does not say how many the process may have. */
const mostOfGuestUnsaid = 512;
/** What is left for everything else in the process, where it may have many. */
const mostReserve = 256;
/** A path is walked with so many descriptors besides, so that a guest that has all of its own still finds its files. */
const spare = 8;

/**
 * The descriptors of the host that the mounts of one guest hold open: fewer than the process may have, so that
 * whatever a guest opens, the process can still load a file, save a session and open another. What goes beyond fails
 * with `EMFILE`, in the guest.
 */
export interface GuestDescriptors {
  /**
   * Opens one. `onTheWay`: it is only there for a path to be walked and can be closed at any time (`addIdle`), and
   * some of these are had when there is no room for others.
   */
  open(open: () => number, onTheWay?: boolean): number;
  close(descriptor: number): void;
  /** As `open` and `close`, for what has no number: a directory that is being listed. */
  claim(): void;
  release(): void;
  /** One that was on the way is to stay open. */
  keep(): void;
  /** Adds something that closes one descriptor which nobody needs now; false if there is none. */
  addIdle(closeOne: () => boolean): void;
}

/**
 * @param limit How many the process may have, from number 0 on. Default: what the system says; undefined where it
 * does not.
 */
export function createGuestDescriptors(limit: number | undefined = descriptorLimit()): GuestDescriptors {
  const most = limit === undefined ? mostOfGuestUnsaid : Math.min(mostOfGuest, Math.floor(limit / 2));
  const reserve = limit === undefined ? 0 : Math.min(mostReserve, Math.floor(limit / 4));
  const idle: Array<() => boolean> = [];
  let used = 0;
  /** The last number that was given. */
  let last = 0;

  function closeIdle(): boolean {
    return idle.some((closeOne) => closeOne());
  }

  /** Fails with `EMFILE` if more than `count` are open, whatever is closed for it. */
  function makeRoom(count: number): void {
    while (used > count) {
      if (!closeIdle()) throw new ErrnoError("EMFILE");
    }
  }

  /** The system gives the lowest free number, so a high one tells that the whole process has many open. */
  function isInReserve(descriptor: number, onTheWay: boolean): boolean {
    return limit !== undefined && descriptor >= limit - (onTheWay ? reserve / 2 : reserve);
  }

  /** Fails with `EMFILE` if the process has no more for guests. It looks once the last number came near. */
  function leaveReserve(onTheWay: boolean): void {
    if (!isInReserve(last + 1, false)) return;
    while (closeIdle()) {}
    last = hostCall(nextNumber);
    if (isInReserve(last, onTheWay)) throw new ErrnoError("EMFILE");
  }

  return {
    open(open, onTheWay = false) {
      makeRoom((onTheWay ? most + spare : most) - 1);
      leaveReserve(onTheWay);
      last = open();
      if (isInReserve(last, onTheWay)) {
        closeSync(last);
        throw new ErrnoError("EMFILE");
      }
      used++;
      return last;
    },
    close(descriptor) {
      closeSync(descriptor);
      used--;
    },
    claim() {
      makeRoom(most - 1);
      leaveReserve(false);
      used++;
    },
    release() {
      used--;
    },
    keep: () => makeRoom(most),
    addIdle: (closeOne) => idle.push(closeOne),
  };
}

function nextNumber(): number {
  const descriptor = openSync("/", O_PATH);
  closeSync(descriptor);
  return descriptor;
}

/** How many files the process may have open at once; undefined where there is no limit or it cannot be told. */
function descriptorLimit(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const [, digits] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    return undefined;
  }
}
