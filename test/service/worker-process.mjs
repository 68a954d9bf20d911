// A worker of a service as a process of its own, as an operator has it: started, killed, frozen, started again.
import { finish, start } from "../commands.mjs";
import { addressOf } from "./processes.mjs";
import { clientOf } from "./service.mjs";

/**
 * Starts `wasm-repl serve` with these options, on any port.
 *
 * @param environment Variables besides the process's own.
 */
export async function startWorker(options, environment = {}) {
  let child;
  let ended;
  let address;
  let stderr = "";

  async function begin(variables = environment) {
    child = start("wasm-repl", ["serve", "--listen", "127.0.0.1:0", ...options], {
      env: { ...process.env, ...variables },
    });
    const starting = child;
    const killIt = () => starting.kill("SIGKILL");
    process.once("exit", killIt);
    starting.once("close", () => process.off("exit", killIt));
    stderr = "";
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
      // What is nobody's to cause; the test's own output says what it was.
      if (String(chunk).includes("a request failed")) process.stderr.write(chunk);
    });
    ended = finish(child);
    address = await addressOf(child, ended);
  }

  async function end(signal) {
    child.kill(signal);
    return ended;
  }

  await begin();
  return {
    get address() {
      return address;
    },
    get client() {
      return clientOf(address);
    },
    /** What it has said of itself since it was started. */
    get log() {
      return stderr;
    },
    get pid() {
      return child.pid;
    },
    freeze: () => child.kill("SIGSTOP"),
    wake: () => child.kill("SIGCONT"),
    kill: () => end("SIGKILL"),
    end,
    /** After it has ended. */
    startAgain: (variables) => begin(variables),
  };
}
