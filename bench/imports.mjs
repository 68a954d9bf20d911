// Importing a broad part of the standard library in a new session and in the machine's own Python. The program
// times itself, so that starting a process is not in the figures.

import { readFileSync } from "node:fs";
import { createSession } from "../dist/index.js";
import { alternate, processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

export async function imports({ runs }) {
  const what = "imports.py in a new session";
  const program = benchFile("imports.py");
  const code = readFileSync(program, "utf8");
  const version = await processOutput("python3", ["--version"]).catch(() => undefined);
  if (version === undefined) return [{ what, skipped: "this machine has no python3" }];
  const { ours, other } = await alternate(runs, {
    ours: async () => {
      const session = await createSession("python");
      try {
        return seconds((await session.run(code)).output);
      } finally {
        await session.close();
      }
    },
    other: async () => seconds(await processOutput("python3", [program])),
  });
  return [{ what, ours, other, otherName: version.trim(), unit: "ms", goal: 3.0 }];
}

function seconds(output) {
  return Number(output) * 1000;
}
