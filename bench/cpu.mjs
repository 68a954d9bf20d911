// The same CPU-bound program here and in Pyodide under its own loader. The program times itself.
import { alternate, processOutput } from "./measure.mjs";
import { benchFile, command } from "./paths.mjs";

/** The program takes seconds: fewer turns than asked for say enough. */
const mostRuns = 5;

export async function cpu({ runs }) {
  const program = benchFile("cpu.py");
  const totalMs = async (...words) => {
    const output = await processOutput(words[0], words.slice(1));
    return Number(/total ([\d.]+)/.exec(output)[1]) * 1000;
  };
  const { ours, other } = await alternate(Math.min(runs, mostRuns), {
    ours: () => totalMs(command("pyrunner"), program),
    other: () => totalMs(process.execPath, benchFile("pyodide-run.mjs"), program),
  });
  return [{ what: "cpu.py", ours, other, otherName: "Pyodide", unit: "ms", goal: 1.0 }];
}
