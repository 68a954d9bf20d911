// A notebook without a server: each call of this program is a process of its own, which goes on with the session of
// the one before. The file is replaced whole, so that a call that is killed leaves the last state.
//
//   node examples/notebook.mjs FILE CODE
import { readFile, rename, writeFile } from "node:fs/promises";
import { createSession, WasmReplError } from "wasm-repl";

const [file, code] = process.argv.slice(2);
if (code === undefined) {
  console.error("usage: node examples/notebook.mjs FILE CODE");
  process.exit(2);
}

async function open() {
  const snapshot = await readFile(file).catch((error) => {
    if (error.code !== "ENOENT") throw error;
  });
  return createSession("python", snapshot === undefined ? {} : { snapshot });
}

try {
  const session = await open();
  const { output = "", error, result } = await session.run(code, { interactive: {} });
  process.stdout.write(output);
  if (error !== undefined) console.log(error);
  else if (result !== undefined) console.log(result);
  await writeFile(`${file}.new`, await session.snapshot());
  await rename(`${file}.new`, file);
  await session.close();
} catch (error) {
  if (!(error instanceof WasmReplError)) throw error;
  // No session, one of another version, or one that somebody has changed.
  console.error(`${file}: ${error.message}`);
  process.exit(1);
}
