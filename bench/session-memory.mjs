// What each further Python session adds to the resident memory of a process.
import { processOutput } from "./measure.mjs";
import { benchFile } from "./paths.mjs";

export async function sessionMemory() {
  const rows = [];
  for (const [language, goal] of [
    ["python", 16],
    ["javascript", undefined],
  ]) {
    const output = await processOutput(process.execPath, [benchFile("session-memory-child.mjs"), language]);
    const row = {
      what: `memory for each further ${language} session`,
      ours: slope(JSON.parse(output)),
      unit: "MB",
    };
    rows.push(goal === undefined ? row : { ...row, goal });
  }
  return rows;
}

/** The slope of the line of least squares through the values at 0, 1, 2, … */
function slope(values) {
  const meanX = (values.length - 1) / 2;
  const meanY = values.reduce((sum, y) => sum + y, 0) / values.length;
  const rise = values.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0);
  const run = values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0);
  return rise / run;
}
