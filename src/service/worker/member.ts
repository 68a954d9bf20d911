import { Failure } from "../failure.js";
import type { Membership, Store, Worker, WorkerDescription } from "../store/store.js";

/** How long is waited before joining is tried again, at first and at most. */
const firstDelayMs = 250;
const longestDelayMs = 2000;

/** This process among the workers: joined, and joined again under another id whenever the membership is lost. */
export interface Member {
  /** `UNAVAILABLE` while it is none, `DRAINING` once it is leaving. */
  joined(): Worker;
  /** Whether it is still the worker of that id. */
  isJoined(id: string): boolean;
  readonly isDraining: boolean;
  /** From now on nothing new is taken. */
  drain(): Promise<void>;
  /** Gives up what is owned still. */
  leave(): Promise<void>;
}

/**
 * @param onLost Is called at once when the membership is lost: nothing that was owned is owned any more.
 * @param onJoined Is called when there is a membership, the first time before this resolves.
 */
export async function joinStore(
  store: Store,
  description: WorkerDescription,
  onLost: (reason: Error) => void,
): Promise<Member> {
  let membership: Membership | undefined = await store.join(description);
  let isDraining = false;
  let hasLeft = false;
  watch(membership);

  function watch(current: Membership): void {
    void current.lost.then((reason) => {
      if (membership !== current) return;
      membership = undefined;
      if (hasLeft) return;
      onLost(reason);
      void rejoin();
    });
  }

  async function rejoin(): Promise<void> {
    for (
      let delayMs = firstDelayMs;
      !hasLeft && !isDraining;
      delayMs = Math.min(2 * delayMs, longestDelayMs)
    ) {
      try {
        const next = await store.join(description);
        if (hasLeft) return void (await next.leave().catch(() => {}));
        membership = next;
        watch(next);
        return;
      } catch {
        // Those who start at one time should not try again at one time.
        await new Promise((resolve) => setTimeout(resolve, delayMs * (0.5 + Math.random())).unref());
      }
    }
  }

  return {
    joined() {
      if (isDraining) throw new Failure("DRAINING", "this worker is about to end, and takes nothing new");
      if (membership === undefined) {
        throw new Failure("UNAVAILABLE", "this worker has no connection with the others at present");
      }
      return membership.worker;
    },
    isJoined: (id) => membership?.worker.id === id,
    get isDraining() {
      return isDraining;
    },
    async drain() {
      isDraining = true;
      await membership?.drain();
    },
    async leave() {
      hasLeft = true;
      const left = membership;
      membership = undefined;
      await left?.leave();
    },
  };
}
