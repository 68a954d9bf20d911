import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Results on disk, a unit a line, so that a run which was ended can go on. `header` says what is run: one that differs
 * is no run to go on with.
 */
export function openRecord(file, header, resume) {
  const units = new Map();
  const head = JSON.stringify(header);
  let text;
  if (resume) {
    const [first, ...lines] = readFileSync(file, "utf8").split("\n");
    if (first !== head) throw new Error(`${file} is of another run: ${first}`);
    // The last line is empty, or what an ended process left of one.
    for (const line of lines.slice(0, -1)) {
      const { unit, results } = JSON.parse(line);
      units.set(unit, results);
    }
    text = [first, ...lines.slice(0, -1), ""].join("\n");
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text ?? `${head}\n`);
  return {
    units,
    add(unit, results) {
      units.set(unit, results);
      appendFileSync(file, `${JSON.stringify({ unit, results })}\n`);
    },
  };
}
