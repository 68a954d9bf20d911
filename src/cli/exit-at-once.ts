/**
 * Ends the process with an exit code, although a thread of it cannot be ended: `process.exit` would wait for that one.
 * Nothing else of Node.js ends a process so, but WASI's `proc_exit` does. No `exit` handlers run.
 */
export async function exitAtOnce(exitCode: number): Promise<never> {
  // That WASI is experimental is no news for the user.
  process.emitWarning = () => {};
  const { WASI } = await import("node:wasi");
  const wasi = new WASI({ version: "preview1", returnOnExit: false });
  const exit = wasi.wasiImport.proc_exit as (code: number) => never;
  // It exits only for a command that has been started.
  const memory = new WebAssembly.Memory({ initial: 0 });
  wasi.start({ exports: { memory, _start: () => exit(exitCode) } });
  throw new Error("the process has not ended");
}
