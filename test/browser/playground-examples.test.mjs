// The examples of the playground do what they say, in the same sessions as those of the page.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { transformSync } from "esbuild";
import { createSession } from "wasm-repl";

const source = readFileSync(new URL("../../playground/model/examples.ts", import.meta.url), "utf8");
const { code } = transformSync(source, { loader: "ts", format: "esm" });
const { examples } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

/** Cells that are to fail, by what they begin with. */
const failures = {
  "# Now break everything": "StopIteration",
  "# Runs for ever": "KeyboardInterrupt",
  "# Takes all the memory": "MemoryError",
  "# Deep recursion": "RecursionError",
};

for (const { title, language, cells } of examples) {
  test(`the example “${title}”`, async () => {
    const session = await createSession(language, {
      memoryBytes: 64 * 2 ** 20,
      maxOutputBytes: 64 * 2 ** 20,
    });
    try {
      for (const code of cells) {
        const isEndless = code.startsWith("# Runs for ever");
        const onOutput = () => {};
        const options = {
          stdin: "Ada\n",
          onOutput,
          keepOutput: false,
          ...(isEndless ? { timeoutMs: 50 } : {}),
        };
        const { exception, display, result } = await session.run(code, options);
        const [, expected] = Object.entries(failures).find(([start]) => code.startsWith(start)) ?? [];
        assert.equal(exception?.type, expected, exception?.message);
        if (/_repr_\w+_\(self\)|^.*\bdisplay\(/m.test(code)) assert.equal(display?.length, 1);
        if (title === "Undo anything" && code.startsWith("# It goes on"))
          assert.equal(result, "[31, 37, 41, 43, 47]");
      }
    } finally {
      await session.close();
    }
  });
}
