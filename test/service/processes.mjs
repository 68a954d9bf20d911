// The command as a process of its own, which a test can kill.
import { after } from "node:test";
import { finish, start } from "../commands.mjs";

const started = new Set();
after(() => {
  for (const child of started) child.kill("SIGKILL");
});

/** Starts `wasm-repl serve`, at any port unless the options say otherwise. */
export async function startServing(data, ...options) {
  const listen = options.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const child = start("wasm-repl", ["serve", "--data", data, ...listen, ...options]);
  started.add(child);
  const ended = finish(child).finally(() => started.delete(child));
  const address = await addressOf(child, ended);
  return {
    address,
    kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** The address that a service says it listens at. Rejects if it ends before, with what it wrote of that. */
export function addressOf(child, ended) {
  return new Promise((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      const [, found] = /^listening on (http:\S+)\n/.exec(String(chunk)) ?? [];
      if (found !== undefined) resolve(found);
    });
    void ended.then(({ stderr }) => reject(new Error(`the service ended: ${stderr}`)));
  });
}
