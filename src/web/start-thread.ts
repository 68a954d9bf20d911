import { ThreadEndedError, type ThreadHandle } from "../engine/handle.js";
import type { ToThread } from "../engine/messages.js";
import { control, controlBytes, createControl } from "../engine/signals.js";
import { createThreadHandle } from "../engine/thread-handle.js";
import { sharesMemory, unreachable } from "./isolation.js";
import { createMailbox, createMailSender } from "./mailbox.js";
import type { FromWorker, ThreadBirth, ToWorker } from "./thread-messages.js";

/**
 * Starts a worker. It comes up while the caller goes on; what is asked of it meanwhile waits.
 *
 * @param url Where its script is.
 */
export function startThread(url: URL): ThreadHandle {
  const worker = new Worker(url, { type: "module", name: "wasm-repl" });
  const isSharing = sharesMemory();
  const words = isSharing ? createControl() : new Int32Array(new ArrayBuffer(controlBytes));
  const mailbox = isSharing ? createMailbox() : undefined;
  const sender = mailbox && createMailSender(mailbox);
  const send = (message: ToWorker, moved: readonly Uint8Array[]) =>
    worker.postMessage(
      message,
      moved.map(({ buffer }) => buffer as ArrayBuffer),
    );
  const birth: ThreadBirth = mailbox === undefined ? {} : { shared: { control: words, mailbox } };
  send(birth, []);
  return createThreadHandle({
    control: words,
    ...(isSharing ? {} : { unreachable }),
    post: (message: ToThread, moved) => send(message, moved),
    mail(message, moved) {
      if (sender === undefined) send({ type: "mail", mail: message }, moved);
      else sender.send(message);
    },
    listen(onMessage, onEnd) {
      worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
        if (data.type !== "mail-taken") return onMessage(data);
        sender?.refill();
        control.notify(words, 0);
      });
      worker.addEventListener("error", (event) => {
        const reason = event.message ?? `its script ${url.href} could not be loaded`;
        onEnd(new ThreadEndedError(`the session's worker broke down: ${reason}`));
        worker.terminate();
      });
    },
    // A page is not kept alive by its workers.
    keepAlive() {},
    cpuMs: () => undefined,
    release() {},
    async terminate() {
      worker.terminate();
    },
  });
}
