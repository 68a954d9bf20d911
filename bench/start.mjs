// A whole process that prints one line, over one that does nothing in plain Node.js.
import { alternate, processMs } from "./measure.mjs";
import { command } from "./paths.mjs";

export async function start({ runs }) {
  // With it, Node.js 20 reads certificates at every start, which takes longer than all else and makes both sides alike.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const { nothing, python, javascript } = await alternate(runs, {
    nothing: () => processMs(process.execPath, ["-e", "0"], env),
    python: () => processMs(command("pyrunner"), ["-c", "print(1)"], env),
    javascript: () => processMs(command("jsrunner"), ["-e", "console.log(1)"], env),
  });
  const other = { other: nothing, otherName: "node -e 0", unit: "ms" };
  return [
    { what: "pyrunner -c 'print(1)'", ours: python, ...other, goal: 2.6 },
    { what: "jsrunner -e 'console.log(1)'", ours: javascript, ...other, goal: 1.6 },
  ];
}
