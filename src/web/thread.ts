/** The entry of a session's worker. */
import { serveGuests, type ThreadOwner } from "../engine/guest-thread.js";
import type { ToRunning, ToThread } from "../engine/messages.js";
import { control } from "../engine/signals.js";
import { createWebGuestPlatform } from "./guest-platform.js";
import { unreachable } from "./isolation.js";
import { createMailReader } from "./mailbox.js";
import type { FromWorker, Mail, ThreadBirth } from "./thread-messages.js";
import { waitingWords } from "./waiting-words.js";

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
  serveGuests(owner, createWebGuestPlatform(), () => {});
}

function post(message: FromWorker, moved: readonly Uint8Array[]): void {
  scope.postMessage(
    message,
    moved.map(({ buffer }) => buffer as ArrayBuffer),
  );
}

function listen<Message>(onMessage: (message: Message) => void): void {
  scope.addEventListener("message", ({ data }) => onMessage(data as Message));
}

function sharingOwner({ control: words, mailbox }: NonNullable<ThreadBirth["shared"]>): ThreadOwner {
  const takeMail = createMailReader(mailbox, () => post({ type: "mail-taken" }, []));
  return { control: words, post, listen, takeMail };
}

/** One that cannot reach this thread while code runs: the words are this thread's alone. */
function aloneOwner(): ThreadOwner {
  const words = waitingWords();
  const mails: ToRunning[] = [];
  let hasCome = () => {};
  return {
    control: words,
    unreachable: {
      reason: `${unreachable}: only an \`await\` at the top level can`,
      waitForMail: () =>
        new Promise((resolve) => {
          hasCome = resolve;
        }),
    },
    post(message, moved) {
      post(message, moved);
      // Nobody can say that it was read.
      if (message.type === "output") control.taken(words, message.byteCount);
    },
    listen(onMessage) {
      listen((message: ToThread | Mail) => {
        if (message.type === "mail") {
          mails.push(message.mail);
          hasCome();
          return;
        }
        control.clear(words);
        void onMessage(message);
      });
    },
    takeMail: () => mails.shift(),
  };
}
