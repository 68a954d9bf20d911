// For information: a whole process that prints one line, here and in Pyodide under its own loader.
import { alternate, processMs } from "./measure.mjs";
import { benchFile, command } from "./paths.mjs";

const mostRuns = 5;

export async function pyodideStart({ runs }) {
  const program = benchFile("print-one.py");
  const { ours, other } = await alternate(Math.min(runs, mostRuns), {
    ours: () => processMs(command("pyrunner"), [program]),
    other: () => processMs(process.execPath, [benchFile("pyodide-run.mjs"), program]),
  });
  return [{ what: "a process that prints from Python", ours, other, otherName: "Pyodide", unit: "ms" }];
}
