import type { CallToolResult, ServerTool } from "../client-sdk.js";
import type { ClientSdk } from "../load-sdk.js";
import type { ServerCommand } from "./servers-file.js";

/** How long a server may take to start and to tell its tools. */
const longestStartMs = 30_000;
/** The protocol's side has a limit of its own, which is to be the longer one; see `callTimeoutMs`. */
const lateMs = 5000;
/** How long a call may take, unless its run ends before. */
export const callTimeoutMs = 60_000;

/** Another server, which was started for us. */
export interface ServerConnection {
  readonly name: string;
  /** What it told when it was started first. */
  readonly tools: readonly ServerTool[];
  /** Starts it again if it has ended. Rejects with a `ConnectionError` if that cannot be, or if it ends meanwhile. */
  call(tool: string, args: Record<string, unknown>, signal: AbortSignal): Promise<CallToolResult>;
  /** Ends it. Never rejects. */
  close(): Promise<void>;
}

type Client = InstanceType<ClientSdk["Client"]>;

/** Rejects if the server cannot be started, or does not answer in time. */
export async function connectServer(
  sdk: ClientSdk,
  server: ServerCommand,
  about: { readonly name: string; readonly version: string },
): Promise<ServerConnection> {
  const { name, command, args, env, cwd } = server;
  let current: Promise<Client> | undefined;
  let isClosed = false;

  async function start(): Promise<Client> {
    const client = new sdk.Client(about);
    const transport = new sdk.StdioClientTransport({
      command,
      args: [...args],
      env: { ...inherited(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    client.onclose = () => {
      current = undefined;
    };
    try {
      await client.connect(transport, { timeout: longestStartMs });
      return client;
    } catch (error) {
      current = undefined;
      await client.close().catch(() => {});
      throw error;
    }
  }

  function client(): Promise<Client> {
    current ??= start();
    return current;
  }

  const first = await client();
  const { tools } = await first.listTools({}, { timeout: longestStartMs }).catch(async (error) => {
    await first.close().catch(() => {});
    throw error;
  });

  return {
    name,
    tools: tools.filter(({ name }) => server.tools?.includes(name) ?? true),
    async call(tool, args, signal) {
      if (isClosed) throw new ConnectionError(`the server ${name} has ended`);
      try {
        const connected = await client();
        return await connected.callTool(
          { name: tool, arguments: args },
          { signal, timeout: callTimeoutMs + lateMs },
        );
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        // Its own answer that something is wrong has a number for a code.
        if (typeof (error as { code?: unknown }).code === "number") throw error;
        throw new ConnectionError(`the server ${name} gives no answer: ${(error as Error).message}`);
      }
    },
    async close() {
      isClosed = true;
      await current?.then((connected) => connected.close()).catch(() => {});
    },
  };
}

/** Python has an exception of this name. */
class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** What a program needs to start. The rest of the environment, with what is secret in it, is not for every server. */
function inherited(): Record<string, string> {
  const names = [
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "USER",
    "APPDATA",
    "SYSTEMROOT",
    "TEMP",
  ];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
