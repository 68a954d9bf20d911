// esbuild, with a list of what it has taken from other packages.
import { writeFileSync } from "node:fs";
import * as esbuild from "esbuild";

const packages = new Set();

/** `esbuild.build`, which remembers the packages of which something is in what it made. */
export async function bundle(options) {
  const result = await esbuild.build({ ...options, metafile: true });
  for (const { inputs } of Object.values(result.metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name] = /^node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//.exec(input) ?? [];
      if (name !== undefined && bytesInOutput > 0) packages.add(name);
    }
  }
  return result;
}

/** The names of all of them, as JSON: NOTICE has to have them. */
export function writeBundledPackages(path) {
  writeFileSync(path, JSON.stringify([...packages].sort()));
}
