import { createSession } from "../node/sessions.js";

/** More than any version is long. */
const longestVersion = 200;

/**
 * What the Python build in a directory says of itself. It is asked in a session of its own, so that others are as they
 * would be without.
 *
 * @param whole All that it says, with how it was built. Default: its version alone.
 */
export async function versionOfBuild(runtimeDirectory: string, whole = false): Promise<string> {
  await using session = await createSession("python", { runtimeDirectory, checkpoints: false });
  const asked = whole ? "' '.join(sys.version.split())" : "sys.version.split()[0]";
  const { output = "" } = await session.run(`import sys; print(${asked})`);
  return `CPython ${output.trim().slice(0, longestVersion)}`;
}
