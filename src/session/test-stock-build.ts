/** For tests: a stock CPython build for WASI, unpacked, where one lies in shared/runtimes beside the repository. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../node/package-root.js";
import { createSession } from "../node/sessions.js";

const archives = process.env.WASM_REPL_RUNTIMES ?? join(packageRoot(), "..", "shared", "runtimes");
const archive = existsSync(archives)
  ? readdirSync(archives).find((name) => /^python-.*wasi.*\.zip$/.test(name))
  : undefined;

/** Why there is nothing to test with, or false. */
export const stockBuildSkip = archive === undefined ? `there is no python-*wasi*.zip in ${archives}` : false;

export interface StockBuild {
  readonly directory: string;
  remove(): void;
}

/** Unpacks the build, with the bundled Python, and has its cache in a directory of its own. */
export async function unpackStockBuild(): Promise<StockBuild> {
  const folder = mkdtempSync(join(tmpdir(), "wasm-repl-stock-"));
  const directory = join(folder, "build");
  mkdirSync(directory);
  process.env.XDG_CACHE_HOME = join(folder, "cache");
  const session = await createSession("python", {
    mounts: [
      { hostPath: archives, guestPath: "/in" },
      { hostPath: directory, guestPath: "/out", mode: "rw" },
    ],
  });
  const { error } = await session.run(`import zipfile; zipfile.ZipFile("/in/${archive}").extractall("/out")`);
  await session.close();
  if (error !== undefined) throw new Error(error);
  return { directory, remove: () => rmSync(folder, { recursive: true }) };
}
