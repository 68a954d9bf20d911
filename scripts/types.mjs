// Makes the types of the library: those that tsc wrote to build/, rolled into one file without the internal ones.
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";

/** What the public types need besides the language itself, so that they stand without `@types/node`. */
const libraries = '/// <reference lib="esnext.disposable" />\n';

/** Writes `index.d.ts` and, for those who load the library with `require`, `index.d.cts`; those of the service and of its client, and those for browsers. */
export async function writeTypes(root) {
  for (const [folder, source] of [
    ["dist", "index"],
    ["dist/service", "service/server"],
    ["dist/client", "client/index"],
  ]) {
    const types = join(root, folder, "index.d.ts");
    writeFileSync(types, await typesOf(join(root, `build/${source}.d.ts`)));
    // They are the same classes: `index.js` takes them from `index.cjs`.
    copyFileSync(types, join(root, folder, "index.d.cts"));
  }
  writeFileSync(join(root, "dist/browser/index.d.ts"), await typesOf(join(root, "build/browser.d.ts")));
}

async function typesOf(input) {
  const bundle = await rollup({
    input,
    plugins: [dts()],
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "es" });
  await bundle.close();
  const [{ code, imports }] = output;
  if (imports.length > 0) throw new Error(`the library's types import ${imports.join(", ")}`);
  return libraries + code;
}
