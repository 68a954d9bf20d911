/** Build time: reads what the npm package `pyodide` says of the packages that were built with its interpreter. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Distribution } from "../node/runtimes/bundled.js";
import { normalName } from "../packages/requirement.js";

export function readPyodideDistribution(): Distribution {
  const directory = dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
  const read = (name: string) => readFileSync(join(directory, name), "utf8");
  const { version } = JSON.parse(read("package.json"));
  // The package names the place of its other files in its own code, with the version left open.
  const [, before, after] = /`(https:[^`$]*)\$\{\w+\}([^`]*)`/.exec(read("pyodide.mjs")) ?? [];
  if (before === undefined || after === undefined)
    throw new Error("pyodide does not say where its packages are");
  const entries = Object.values<Record<string, string & string[]>>(
    JSON.parse(read("pyodide-lock.json")).packages,
  );
  const packages = entries.map((entry) => {
    const file = entry.file_name as string;
    const kind = entry.install_dir === "dynlib" ? "libraries" : file.endsWith(".whl") ? undefined : "modules";
    return [
      normalName(entry.name as string),
      {
        version: entry.version as string,
        file,
        sha256: entry.sha256 as string,
        depends: (entry.depends as string[]).map(normalName),
        ...(kind === undefined ? {} : { kind }),
      },
    ] as const;
  });
  return {
    url: `${before}${version}${after}`,
    packages: Object.fromEntries(packages) as Distribution["packages"],
  };
}
