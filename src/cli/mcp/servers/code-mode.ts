import type { Language } from "../../../engine/runtime.js";
import type { HostFunctions } from "../../../session/host-functions/types.js";
import type { Mount } from "../../../vfs/mount-spec.js";
import { loadClientSdk } from "../load-sdk.js";
import { connectServer, type ServerConnection } from "./connection.js";
import { functionNotes } from "./function-notes.js";
import { serverFunctions } from "./server-functions.js";
import { readServersFile, type ServerCommand } from "./servers-file.js";

/** In characters. */
const longestReason = 300;

/** The tools of other servers, as functions that the code may call. */
export interface CodeMode {
  readonly functions: HostFunctions;
  /** What a model is told of them. */
  readonly notes: readonly string[];
  /** Ends the servers. Never rejects. */
  close(): Promise<void>;
}

/**
 * Starts the servers in a file, all at a time. Those that cannot be used are told of, and the rest goes on without them.
 *
 * @param about How we name ourselves to them.
 * @param report Takes a line for the user.
 */
export async function startCodeMode(
  language: Language,
  path: string,
  mounts: readonly Mount[],
  about: { readonly name: string; readonly version: string },
  report: (line: string) => void,
): Promise<CodeMode> {
  const commands = readServersFile(path, mounts);
  const sdk = loadClientSdk();
  const connect = async (command: ServerCommand): Promise<ServerConnection | undefined> => {
    try {
      return await connectServer(sdk, command, about);
    } catch (error) {
      const reason = (error instanceof Error ? error.message : String(error)).replace(/[\s\p{Cc}]+/gu, " ");
      report(`the server ${JSON.stringify(command.name)} cannot be used: ${reason.slice(0, longestReason)}`);
      return undefined;
    }
  };
  const started = await Promise.all(commands.map(connect));
  const connections = started.filter((connection) => connection !== undefined);
  const { functions, list, leftOut } = serverFunctions(connections);
  if (leftOut > 0) report(`${leftOut} tools of the servers are left out: there are too many`);
  return {
    functions,
    notes: functionNotes(language, list),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
    },
  };
}
