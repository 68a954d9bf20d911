// Clients that count in many sessions at once, and hold every answer against what it has to be.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

/** Each cell adds one to a counter and gives it; some keep what is too large for the store as well. */
const cells = {
  python: {
    add: "n = globals().get('n', 0) + 1; n",
    addLarge: "import os; large = os.urandom(400_000); n = globals().get('n', 0) + 1; n",
    show: "n + 0",
  },
  javascript: {
    add: "globalThis.n = (globalThis.n ?? 0) + 1",
    addLarge:
      "globalThis.large = Array.from({ length: 100_000 }, () => Math.random()); globalThis.n = (globalThis.n ?? 0) + 1",
    show: "globalThis.n + 0",
  },
};
const largeEach = 25;
/** How long a client waits for an answer before it asks another worker, and between two attempts. */
const patienceMs = 5000;
const pauseMs = 100;
/** So long nothing at all may come back, of all that is asked. */
const longestSilenceMs = 60_000;

/**
 * @param addresses Gives the addresses of the workers that there are now.
 * @param random Gives whole numbers from 0 and below its argument.
 */
export function createLoad(addresses, random) {
  /** By key: the language, what the counter has to be, and how many ids were used. */
  const sessions = new Map();
  const figures = { cells: 0, lost: 0, retries: 0, attempts: 0 };
  let lastAnswerMs = performance.now();

  /** Asks any of the workers until there is an answer that says what has happened. */
  async function ask(method, path, body, headers = {}) {
    for (;;) {
      const all = addresses();
      const address = all[random(all.length)];
      try {
        const response = await fetch(address + path, {
          method,
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(patienceMs),
        });
        const answer = await response.json();
        lastAnswerMs = Math.max(lastAnswerMs, response.ok ? performance.now() : 0);
        if (response.ok) return answer;
        if (![429, 503].includes(response.status))
          throw new assert.AssertionError({ message: JSON.stringify(answer) });
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      if (performance.now() - lastAnswerMs > longestSilenceMs)
        assert.fail(`nothing was answered for ${longestSilenceMs} ms`);
      figures.retries++;
      await sleep(pauseMs * (0.5 + random(100) / 100));
    }
  }

  async function run(key, code) {
    const session = sessions.get(key);
    const headers = { "idempotency-key": `c${++session.ids}` };
    return ask("POST", `/v1/sessions/${key}/cells`, { code }, headers);
  }

  /** Runs a cell in a session, and holds what it answers. */
  async function add(key) {
    const session = sessions.get(key);
    const code = cells[session.language][random(largeEach) === 0 ? "addLarge" : "add"];
    const { status, result, attempts } = await run(key, code);
    figures.attempts += attempts;
    if (status === "lost") {
      // Its workers were killed as often as it may be: it is told so, and has had no effect.
      figures.lost++;
      return;
    }
    session.count++;
    figures.cells++;
    assert.equal(result?.result, String(session.count), `${key}: ${JSON.stringify(result)}`);
  }

  return {
    figures,
    async makeSessions(prefix, count) {
      const keys = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
      await Promise.all(
        keys.map(async (key, index) => {
          const language = index % 2 ? "javascript" : "python";
          sessions.set(key, { language, count: 0, ids: 0 });
          await ask("PUT", `/v1/sessions/${key}`, { language });
        }),
      );
      return keys;
    },
    add,
    /**
     * Runs so many cells, in the sessions by turns, with so many clients.
     *
     * @param onCell Is told of each cell that has ended, how many there were.
     */
    async run(keys, count, clients, onCell = () => {}) {
      const busy = new Set();
      let begun = 0;
      let ended = 0;
      const client = async () => {
        while (begun < count) {
          begun++;
          const free = keys.filter((key) => !busy.has(key));
          const key = free[random(free.length)];
          busy.add(key);
          await add(key);
          busy.delete(key);
          onCell(++ended);
        }
      };
      await Promise.all(Array.from({ length: Math.min(clients, keys.length) }, client));
    },
    /** Holds every counter, as a new cell in its session sees it. */
    async check(keys) {
      const queue = keys.filter((key) => sessions.get(key).count > 0);
      const client = async () => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
          const { language, count } = sessions.get(key);
          let answer;
          do answer = await run(key, cells[language].show);
          while (answer.status === "lost");
          assert.equal(answer.result.result, String(count), key);
        }
      };
      await Promise.all(Array.from({ length: 8 }, client));
    },
    countOf: (key) => sessions.get(key).count,
  };
}
