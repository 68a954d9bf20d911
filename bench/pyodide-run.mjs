// Runs a Python file in Pyodide as its documentation says. A process of its own, started by the benchmarks.
import { readFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const pyodide = await loadPyodide();
pyodide.runPython(readFileSync(process.argv[2], "utf8"));
