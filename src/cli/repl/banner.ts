import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Language } from "../../engine/runtime.js";
import { packageRoot } from "../../node/package-root.js";
import { guestOptions, type SessionOptions } from "../../session/options.js";
import { versionOfBuild } from "../version-of-build.js";

/** The line before the first prompt: what this is, what it may reach, and its limits. It holds names as they are. */
export async function bannerOf(
  command: string,
  language: Language,
  session: SessionOptions,
  file: string | undefined,
): Promise<string> {
  const read = (path: string) => JSON.parse(readFileSync(join(packageRoot(), path), "utf8"));
  const { version } = read("package.json");
  const { runtimeDirectory } = session;
  const interpreter =
    runtimeDirectory === undefined
      ? read("dist/runtimes/versions.json")[language]
      : `${await versionOfBuild(runtimeDirectory)}, ${runtimeDirectory}`;
  const { memoryBytes, timeoutMs, mounts } = guestOptions(session);
  const parts = [
    `${command} ${version} (${interpreter})`,
    ...(file === undefined ? [] : [`session ${file}`]),
    mounts.length === 0
      ? "no mounts"
      : mounts.map(({ guestPath, mode }) => `${guestPath} ${mode ?? "ro"}`).join(", "),
    `${Math.round(memoryBytes / 1024 / 1024)} MiB`,
    timeoutMs === undefined ? "no time limit" : `${timeoutMs / 1000} s a cell`,
    ".help",
  ];
  return parts.join(" · ").replace(/[\r\n\t]+/g, " ");
}
