import type { Session } from "../../session/session.js";
import type { SessionSpec } from "../spec/session-spec.js";
import type { CellRecord, Claim } from "../store/store.js";
import type { Feed } from "./feed.js";

/** A session that this worker owns, until it is released or the claim turns out not to be held any more. */
export interface Held {
  readonly key: string;
  readonly spec: SessionSpec;
  /** As the store has it. */
  readonly specText: string;
  readonly feed: Feed;
  /** Another one after each write. */
  claim: Claim;
  /** What the store has of it, as far as the owner has to know. */
  suspendedCell: string | undefined;
  isForeign: boolean;
  stateBytes: number;
  /** Cells that an earlier owner has begun, which come before anything else. */
  readonly toTakeOver: CellRecord[];
  /** Its interpreter, if it has one now. What that has done is in the store, or it is not kept. */
  live: Live | undefined;
  /** The snapshots that its state consists of; undefined until they have been read. */
  chain: Chain | undefined;
  /** Nothing is written with this claim any more. */
  isDropped: boolean;
  /** When something was asked of it last, in milliseconds of the monotonic clock. */
  lastUseMs: number;
}

export interface Live {
  readonly session: Session;
  /**
   * The last snapshot that is in the store, since which it can tell the changes: its head, if the session knows it by that.
   * Undefined: there is none.
   */
  since: Uint8Array | undefined;
}

export interface Chain {
  readonly parts: number;
  readonly wholeBytes: number;
  /** Of those behind the whole one. */
  readonly changeBytes: number;
}

/** Another worker is to be asked, which has the session or the interpreter for it. */
export class OwnedElsewhere extends Error {
  override readonly name = "OwnedElsewhere";
  constructor(readonly address: string) {
    super("another worker has the session");
  }
}
