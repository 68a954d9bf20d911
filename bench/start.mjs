// A whole process that prints one line, over one that does nothing in plain Node.js.
import { alternate, processMs } from "./measure.mjs";
import { command } from "./paths.mjs";

export async function start({ runs }) {
  const [python, javascript] = await rows(runs, process.env);
  return [{ ...python, goal: 2.0 }, { ...javascript, goal: 1.4 }, ...(await withoutExtraCertificates(runs))];
}

/**
 * With `NODE_EXTRA_CA_CERTS` set, Node.js 20 reads certificates at every start. That may take longer than all else
 * and makes both sides alike, so then the comparison is shown without it as well.
 */
async function withoutExtraCertificates(runs) {
  const { NODE_EXTRA_CA_CERTS: certificates, ...env } = process.env;
  if (certificates === undefined) return [];
  return (await rows(runs, env)).map((row) => ({ ...row, what: `${row.what}, no NODE_EXTRA_CA_CERTS` }));
}

async function rows(runs, env) {
  const { nothing, python, javascript } = await alternate(runs, {
    nothing: () => processMs(process.execPath, ["-e", "0"], env),
    python: () => processMs(command("pyrunner"), ["-c", "print(1)"], env),
    javascript: () => processMs(command("jsrunner"), ["-e", "console.log(1)"], env),
  });
  const other = { other: nothing, otherName: "node -e 0", unit: "ms" };
  return [
    { what: "pyrunner -c 'print(1)'", ours: python, ...other },
    { what: "jsrunner -e 'console.log(1)'", ours: javascript, ...other },
  ];
}
