import { randomBytes } from "node:crypto";

/** Something that happens to a session's cells, as those who listen are told. */
export interface FeedEvent {
  /** `dropped`: what was told of this attempt counts for nothing; the cell may run again, here or elsewhere. */
  readonly event: "attempt" | "output" | "result" | "dropped";
  readonly cell: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An event with its name, by which a listener that comes back goes on behind it. */
export interface NamedEvent extends FeedEvent {
  readonly id: string;
}

/** What is known of a session's last cells, for any number of listeners at their own pace: none of them holds up a cell. */
export interface Feed {
  add(event: FeedEvent, bytes: number): void;
  /** Events behind the one of that name, or from the first that is kept. */
  listen(lastId?: string): FeedListener;
  /** The name of the last event, or what stands for there being none. */
  readonly lastId: string;
  /** No more events come here: the session has gone to another worker, or to none. */
  close(): void;
  readonly isClosed: boolean;
  /** How many listen. */
  readonly listeners: number;
}

export interface FeedListener {
  /**
   * The next event; `gap` if some are lost that were not kept any more, undefined when the feed is closed or the time is
   * over.
   */
  next(waitMs: number): Promise<NamedEvent | "gap" | "quiet" | undefined>;
  end(): void;
}

/** Events are kept until those behind them are this many, or this large. */
const mostEvents = 4096;
const mostBytes = 4 * 1024 * 1024;

interface Kept extends NamedEvent {
  readonly number: number;
  readonly bytes: number;
}

export function createFeed(): Feed {
  // Another worker, or a later one, numbers its events from 1 too.
  const name = randomBytes(6).toString("base64url");
  const kept: Kept[] = [];
  let bytes = 0;
  let count = 0;
  let listeners = 0;
  let isClosed = false;
  const waiting = new Set<() => void>();

  function wake(): void {
    for (const each of [...waiting]) each();
  }

  /** Resolves when something has happened, or with false when the time is over. */
  function change(waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (isNew: boolean) => {
        clearTimeout(timer);
        waiting.delete(onChange);
        resolve(isNew);
      };
      const onChange = () => settle(true);
      const timer = setTimeout(settle, waitMs, false);
      waiting.add(onChange);
    });
  }

  function numberOf(id: string | undefined): number | undefined {
    const [, feed, number] = /^([\w-]+)\.(\d{1,15})$/.exec(id ?? "") ?? [];
    return feed === name ? Number(number) : undefined;
  }

  return {
    add(event, size) {
      if (isClosed) return;
      count++;
      kept.push({ ...event, id: `${name}.${count}`, number: count, bytes: size });
      bytes += size;
      while (kept.length > 1 && (kept.length > mostEvents || bytes > mostBytes)) {
        bytes -= kept.shift()?.bytes ?? 0;
      }
      wake();
    },
    listen(lastId) {
      let last = numberOf(lastId) ?? (kept[0]?.number ?? count + 1) - 1;
      let isOver = false;
      listeners++;
      return {
        async next(waitMs) {
          for (let waited = false; ; waited = true) {
            const first = kept[0]?.number ?? count + 1;
            if (first > last + 1) {
              last = first - 1;
              return "gap";
            }
            const found = kept[last + 1 - first];
            if (found !== undefined) {
              last = found.number;
              return found;
            }
            if (isClosed || isOver) return undefined;
            if (waited || !(await change(waitMs))) return "quiet";
          }
        },
        end() {
          if (isOver) return;
          isOver = true;
          listeners--;
          wake();
        },
      };
    },
    close() {
      isClosed = true;
      wake();
    },
    get lastId() {
      return `${name}.${count}`;
    },
    get isClosed() {
      return isClosed;
    },
    get listeners() {
      return listeners;
    },
  };
}
