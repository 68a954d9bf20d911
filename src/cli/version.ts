import { readFileSync } from "node:fs";

/** The package's version, from its package.json: one folder up when bundled, two when only compiled. */
export function packageVersion(): string {
  for (const path of ["../package.json", "../../package.json"]) {
    try {
      return JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  throw new Error("the package has no package.json");
}
