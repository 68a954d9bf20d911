/** Build time: takes the stripper of types out of the npm package `amaro`, which has it as text in a script. */
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stripperExports } from "../abi/swc/strip-types.js";
import { typeStripperFile } from "../node/runtimes/type-stripper.js";
import { readMemory, writeMemory } from "../wasm/limits.js";
import { rewriteModule } from "../wasm/rewrite.js";
import { readSections, sectionIds, writeSections } from "../wasm/sections.js";

/** The most memory that stripping one text may take: 256 MiB, in pages. */
const maximumPages = 4096;

/** Writes the stripper's module into `directory`, with a maximum of its memory and no more exports than are used. */
export function prepareTypeStripper(directory: string): void {
  const main = createRequire(import.meta.url).resolve("amaro");
  const script = readFileSync(join(dirname(main), "..", "lib", "wasm.js"), "latin1");
  const [, base64] = /Buffer\.from\('([\w+/=]+)', *'base64'\)/.exec(script) ?? [];
  if (base64 === undefined)
    throw new Error("the package amaro does not have its module where it had it before");
  const module = rewriteModule(Buffer.from(base64, "base64"), {
    keepExports: (name) => (stripperExports as readonly string[]).includes(name),
  });
  const sections = readSections(module).map((section) => {
    if (section.id !== sectionIds.memory) return section;
    const { initial = 0 } = readMemory(section.contents) ?? {};
    return { ...section, contents: writeMemory({ initial, maximum: maximumPages }) };
  });
  writeFileSync(join(directory, typeStripperFile), writeSections(sections));
}
