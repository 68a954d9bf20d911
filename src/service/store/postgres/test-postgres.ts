import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import pg from "pg";

/** Where a server's programs are; undefined if there are none, or none that may run: it refuses to be root. */
function findPrograms(): { directory: string; uid?: number; gid?: number } | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = (() => {
    try {
      return readdirSync(debian).filter((name) => Number(name) >= 14);
    } catch {
      return [];
    }
  })();
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) return undefined;
  const directory = join(debian, newest, "bin");
  if (process.getuid?.() !== 0) return { directory };
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  try {
    return { directory, uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

/** A temporary directory that the server's user can enter. */
function directoryFor(user: { uid?: number; gid?: number }): string {
  const canEnter = (path: string) => spawnSync("test", ["-x", path], user).status === 0;
  return [tmpdir(), "/var/tmp"].find(canEnter) ?? tmpdir();
}

const programs = findPrograms();

/** For tests that need a server: `false`, or why they are skipped. */
export const withoutPostgres: string | false =
  programs === undefined && "there is no PostgreSQL 14 or later here: install Debian's package postgresql";

/** A server of the tests' own, which listens on a Unix socket alone, and is durable. */
export interface TestPostgres {
  /** The address of a new, empty database. */
  createDatabase(): Promise<string>;
  /** Where it listens, for a proxy of the test's. */
  readonly socketPath: string;
  /** As an operator restarts it: every connection is ended, and it is ready when this resolves. */
  restart(): Promise<void>;
  /** As a crash: nothing is tidied, and it recovers from its log. */
  crash(): Promise<void>;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  /** Where its files are, which its user owns. */
  readonly home: string;
  /** Runs SQL as the operator. */
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Ends it and removes all that it had. */
  end(): Promise<void>;
}

/** @param settings Of the server's: `name=value`. */
export async function startPostgres(settings: readonly string[] = [], port = 5432): Promise<TestPostgres> {
  if (!programs) throw new Error("there is no PostgreSQL");
  const { directory, ...user } = programs;
  const home = mkdtempSync(join(directoryFor(user), "wasm-repl-postgres-"));
  const data = join(home, "data");
  const own = (path: string) => {
    if (user.uid !== undefined && user.gid !== undefined) chownSync(path, user.uid, user.gid);
  };
  mkdirSync(data, { mode: 0o700 });
  own(home);
  own(data);
  const environment = { LANG: "C.UTF-8", PATH: process.env.PATH };
  const initdb = ["-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8"];
  execFileSync(join(directory, "initdb"), initdb, { ...user, cwd: home, env: environment, stdio: "pipe" });

  let server: ChildProcess | undefined;
  const kill = () => server?.kill("SIGQUIT");
  process.on("exit", kill);

  async function startServer(): Promise<void> {
    const given = [
      "listen_addresses=",
      `port=${port}`,
      "max_connections=200",
      "log_min_messages=log",
      ...settings,
    ];
    const child = spawn(
      join(directory, "postgres"),
      ["-D", data, "-k", home, ...given.flatMap((setting) => ["-c", setting])],
      { ...user, cwd: home, env: environment, stdio: ["ignore", "ignore", "pipe"] },
    );
    server = child;
    const log: string[] = [];
    await new Promise<void>((resolve, reject) => {
      createInterface(child.stderr).on("line", (line) => {
        log.push(line);
        if (line.includes("database system is ready to accept connections")) resolve();
        if (log.length > 200) log.shift();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`PostgreSQL ended:\n${log.join("\n")}`)));
    });
  }

  async function stopServer(signal: NodeJS.Signals = "SIGINT"): Promise<void> {
    const child = server;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }

  const address = (database: string) =>
    `postgres://postgres@localhost/${database}?host=${encodeURIComponent(home)}&port=${port}`;

  async function query(sql: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(address(database));
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  await startServer();
  let databases = 0;
  return {
    home,
    socketPath: join(home, `.s.PGSQL.${port}`),
    query,
    startServer,
    stopServer: () => stopServer(),
    async createDatabase() {
      const name = `test_${++databases}`;
      await query(`CREATE DATABASE ${name}`);
      return address(name);
    },
    async restart() {
      await stopServer();
      await startServer();
    },
    async crash() {
      await stopServer("SIGQUIT");
      await startServer();
    },
    async end() {
      await stopServer("SIGQUIT");
      process.off("exit", kill);
      rmSync(home, { recursive: true, force: true });
    },
  };
}
