import type { FromThread, ToRunning, ToThread } from "../engine/messages.js";
import type { Runtime } from "../engine/runtime.js";

/** The first message to a worker. */
export interface ThreadBirth {
  /** What owner and worker share. Absent where a page may not share memory: it is not cross-origin isolated. */
  readonly shared?: {
    /** The words of shared memory between owner and thread; see `engine/signals.ts`. */
    readonly control: Int32Array;
    /** See `mailbox.ts`. */
    readonly mailbox: SharedArrayBuffer;
  };
}

/** What a worker says besides: it takes the next piece of what is mailed to it. */
export interface MailTaken {
  readonly type: "mail-taken";
}

/** What is mailed to a worker that shares no memory: it hears of it when it runs nothing. */
export interface Mail {
  readonly type: "mail";
  readonly mail: ToRunning;
}

export type ToWorker = ThreadBirth | ToThread | Mail;
export type FromWorker = FromThread | MailTaken;

/** A runtime whose files come from the network. */
export interface WebRuntime extends Runtime {
  /** Where its library is. Absent: it has none. */
  readonly library?: WebLibrary;
  /** Where the module is that strips types from TypeScript. */
  readonly typeStripper?: WebAsset;
}

/** A file that a worker fetches when it needs it. */
export interface WebAsset {
  readonly url: string;
  readonly bytes: number;
  /** The SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
}

export interface WebLibrary extends WebAsset {
  /** Its blocks have so many bytes, the last one fewer; and their hashes, one behind the other. */
  readonly blockBytes: number;
  readonly blockHashes: string;
  /** Where all threads have it once one of them has fetched it. Absent where memory cannot be shared: each has its own. */
  readonly shared?: { readonly state: Int32Array; readonly pack: Uint8Array };
}
