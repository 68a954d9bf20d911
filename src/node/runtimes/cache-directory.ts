import { homedir } from "node:os";
import { join } from "node:path";

/** Where this user's caches are, by the conventions of the system: `wasm-repl` in it is ours. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return join(userCaches(env), "wasm-repl");
}

function userCaches(env: NodeJS.ProcessEnv): string {
  if (process.platform === "win32") return env.LOCALAPPDATA || join(homedir(), "AppData", "Local");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches");
  // The specification has relative paths ignored.
  const { XDG_CACHE_HOME: given } = env;
  return given?.startsWith("/") ? given : join(homedir(), ".cache");
}
