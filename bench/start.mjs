// A whole process that prints one line, over one that does nothing in plain Node.js.
import { alternate, processMs } from "./measure.mjs";
import { command } from "./paths.mjs";

export async function start({ runs }) {
  const node = process.execPath;
  const { nothing, python, javascript } = await alternate(runs, {
    nothing: () => processMs(node, ["-e", "0"]),
    python: () => processMs(node, [command("pyrunner"), "-c", "print(1)"]),
    javascript: () => processMs(node, [command("jsrunner"), "-e", "console.log(1)"]),
  });
  const other = { other: nothing, otherName: "node -e 0", unit: "ms" };
  return [
    { what: "pyrunner -c 'print(1)'", ours: python, ...other, goal: 2.0 },
    { what: "jsrunner -e 'console.log(1)'", ours: javascript, ...other, goal: 1.4 },
  ];
}
