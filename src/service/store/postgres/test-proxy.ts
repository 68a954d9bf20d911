import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Stands between workers and a server, as a network does that fails. */
export interface TestProxy {
  /** The address of a database by way of the proxy, from its own. */
  through(url: string): string;
  /** Ends all connections; new ones are made as before. */
  cut(): void;
  /** Ends all connections and refuses new ones, until `heal`. */
  refuse(): void;
  /** Nothing passes any more, and nobody is told: as a cable that was pulled. Until `heal`, which ends what was open. */
  partition(): void;
  heal(): void;
  /** Of connections over which this was said already, nothing comes back any more, their end neither. Until `heal`. */
  muffle(text: string): void;
  /**
   * Sends on the next request with this text in it, and ends its connection when the answer comes, which is not passed
   * on. Resolves then.
   */
  loseAnswerTo(text: string): Promise<void>;
  /** Ends the connection by which the next request with this text comes, of which nothing is passed on. Resolves then. */
  loseRequestWith(text: string): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** How the client began. */
  said: string;
  isMuffled: boolean;
}

const mostHeard = 10_000;

export async function startProxy(serverSocket: string): Promise<TestProxy> {
  const home = mkdtempSync(join(tmpdir(), "wasm-repl-proxy-"));
  const pairs = new Set<Pair>();
  let refuses = false;
  let isPartitioned = false;
  let trap: { text: string; loses: "answer" | "request"; sprung(): void } | undefined;

  const listener = createServer({ allowHalfOpen: false }, (client) => {
    client.on("error", () => {});
    if (refuses) {
      client.destroy();
      return;
    }
    const server = connect(serverSocket);
    const pair: Pair = { client, server, said: "", isMuffled: false };
    pairs.add(pair);
    let caught: typeof trap;
    const end = () => {
      client.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    server.on("error", () => pair.isMuffled || end());
    client.on("close", () => isPartitioned || end());
    server.on("close", () => isPartitioned || pair.isMuffled || end());
    client.on("data", (bytes) => {
      if (isPartitioned) return;
      if (pair.said.length < mostHeard) pair.said += bytes.toString("latin1");
      if (trap && bytes.includes(trap.text)) {
        caught = trap;
        trap = undefined;
        if (caught.loses === "request") {
          end();
          caught.sprung();
          return;
        }
      }
      if (!server.destroyed) server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (isPartitioned || pair.isMuffled) return;
      if (!caught) {
        client.write(bytes);
        return;
      }
      end();
      caught.sprung();
    });
  });
  await new Promise<void>((resolve) => listener.listen(join(home, ".s.PGSQL.5432"), resolve));

  const cut = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  };
  const lose = (text: string, loses: "answer" | "request") =>
    new Promise<void>((resolve) => {
      trap = { text, loses, sprung: resolve };
    });

  return {
    through: (url) => url.replace(/host=[^&]*/, `host=${encodeURIComponent(home)}`),
    cut,
    refuse() {
      refuses = true;
      cut();
    },
    partition() {
      isPartitioned = true;
    },
    heal() {
      refuses = false;
      isPartitioned = false;
      cut();
    },
    muffle(text) {
      for (const pair of pairs) pair.isMuffled ||= pair.said.includes(text);
    },
    loseAnswerTo: (text) => lose(text, "answer"),
    loseRequestWith: (text) => lose(text, "request"),
    async close() {
      cut();
      await new Promise((resolve) => listener.close(resolve));
      rmSync(home, { recursive: true, force: true });
    },
  };
}
