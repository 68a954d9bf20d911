/** The entry of a session's worker. */
import { serveGuests, type ThreadOwner } from "../engine/guest-thread.js";
import { control } from "../engine/signals.js";
import { webGuestPlatform } from "./guest-platform.js";
import { unreachable } from "./isolation.js";
import { createMailReader } from "./mailbox.js";
import type { FromWorker, ThreadBirth } from "./thread-messages.js";
import { waitingWords } from "./waiting-words.js";

type ToThread = Parameters<Parameters<ThreadOwner["listen"]>[0]>[0];

/** What is global in a worker. */
const scope = globalThis as unknown as {
  postMessage(message: FromWorker, moved?: Transferable[]): void;
  addEventListener(
    type: "message",
    listener: (event: { readonly data: unknown }) => void,
    options?: { once: boolean },
  ): void;
};

scope.addEventListener("message", ({ data }) => begin(data as ThreadBirth), { once: true });

function begin({ shared }: ThreadBirth): void {
  const owner = shared === undefined ? aloneOwner() : sharingOwner(shared);
  serveGuests(owner, webGuestPlatform, () => {});
}

function post(message: FromWorker, moved: readonly Uint8Array[]): void {
  scope.postMessage(
    message,
    moved.map(({ buffer }) => buffer as ArrayBuffer),
  );
}

function listen(onMessage: (message: ToThread) => void): void {
  scope.addEventListener("message", ({ data }) => onMessage(data as ToThread));
}

function sharingOwner({ control: words, mailbox }: NonNullable<ThreadBirth["shared"]>): ThreadOwner {
  const takeMail = createMailReader(mailbox, () => post({ type: "mail-taken" }, []));
  return { control: words, post, listen, takeMail };
}

/** One that cannot reach this thread while code runs: the words are this thread's alone. */
function aloneOwner(): ThreadOwner {
  const words = waitingWords();
  return {
    control: words,
    unreachable,
    post(message, moved) {
      post(message, moved);
      // Nobody can say that it was read.
      if (message.type === "output") control.taken(words, message.byteCount);
    },
    listen(onMessage) {
      listen((message) => {
        control.clear(words);
        void onMessage(message);
      });
    },
    takeMail: () => undefined,
  };
}
