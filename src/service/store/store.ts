/**
 * Where a service keeps its sessions: one interface, with an implementation on an SQLite file for one process and one on
 * PostgreSQL for many. It is the only judge of who owns a session and of which cell has taken effect. Every write is one
 * transaction, and is durable when its promise resolves. A rejection with `StoreUnavailable` says nothing about what
 * happened: the outcome is unknown, and whoever wrote must give up what it holds and read again.
 */
export interface Store {
  /**
   * Makes this process a worker: it owns what it claims for as long as the membership stands. What a worker owned that
   * was ended can be claimed at once, without waiting for a time to pass and without comparing clocks.
   */
  join(worker: WorkerDescription): Promise<Membership>;
  /** The workers that are alive. */
  workers(): Promise<readonly Worker[]>;

  /** Makes a session without state; or gives the one that is there (`created: false`), whose spec may be another. */
  createSession(session: NewSession): Promise<{ readonly created: boolean; readonly session: SessionRecord }>;
  getSession(key: string): Promise<SessionRecord | undefined>;
  /** In order of keys, those that begin with `prefix` and come after `after`. */
  listSessions(page: { prefix: string; after?: string; limit: number }): Promise<readonly SessionRecord[]>;
  /** What those whose keys begin with `prefix` take. */
  countSessions(prefix: string): Promise<{ readonly sessions: number; readonly stateBytes: number }>;

  /**
   * Takes the ownership of a session: adds one to its epoch and gives it a new token, if nobody owns it, if the worker
   * itself does, or if its owner is no worker any more. Otherwise tells who owns it.
   */
  claim(key: string, worker: string): Promise<ClaimOutcome>;
  /**
   * Whether the claim is held still. What is answered from a live session without a commit (a file that is read, for
   * instance) is asked for here before it is sent: another worker may own the session since.
   */
  checkClaim(claim: Claim): Promise<Fenced<void>>;
  /** Gives an ownership back, so that any worker may claim the session. Does nothing if it is no longer held. */
  release(claim: Claim): Promise<void>;
  /** Removes the session with its state, cells and calls, if the claim is held. Its blobs are orphans from then on. */
  deleteSession(claim: Claim): Promise<Fenced<void>>;
  /**
   * A second session from the state of the first, whose claim must be held. It has no owner, no cells and no calls. Gives
   * the one that is there, as `createSession` does.
   */
  fork(
    claim: Claim,
    into: NewSession,
  ): Promise<Fenced<{ readonly created: boolean; readonly session: SessionRecord }>>;

  /** The state as a chain of snapshots: a whole one and what changed since. Empty for a session that has run nothing. */
  readState(key: string): Promise<readonly StatePart[]>;
  /**
   * Adds what has changed to the chain, or puts a whole snapshot in its place, without a cell: by its owner, after a change
   * of its files. The session gets a new token. Fenced as `commitCell` is.
   */
  writeState(claim: Claim, state: StateWrite): Promise<Fenced<Claim>>;
  /**
   * Puts a whole snapshot in the place of the chain: by its owner, from a file that a client gave or after a reset. A
   * cell that was suspended is lost with what it was suspended in. The session gets a new token.
   */
  replaceState(claim: Claim, state: StateWrite): Promise<Fenced<Claim>>;
  /**
   * Puts one whole snapshot in the place of the parts up to `through`. `false`, and nothing is written, if that part is
   * no longer there or the epoch is another. Cells may be committed meanwhile: the token is not looked at, and stays.
   */
  compactState(claim: Claim, through: number, whole: PartWrite): Promise<boolean>;

  /**
   * Says that a cell is about to run, and counts the attempt. Tells of the cell instead if there is one of this id:
   * with its result, or that it is another cell (`conflict`: its digest differs).
   */
  beginCell(claim: Claim, cell: NewCell): Promise<Fenced<CellStart>>;
  /**
   * The one moment in which a cell takes effect: if the claim is held, its result, its calls and the session's next
   * state are written together, and the session gets a new token, which is in the claim that is given back. Fenced as
   * well if the cell was not begun or has ended, if it goes on from a chain that is not there, or if its blob was retired.
   */
  commitCell(claim: Claim, commit: CellCommit): Promise<Fenced<Claim>>;
  getCell(key: string, cell: string): Promise<CellRecord | undefined>;
  /** Cells that were begun and neither committed nor given up: what an owner runs again after a takeover. */
  openCells(key: string): Promise<readonly CellRecord[]>;
  /**
   * Keys of sessions that have open cells and no owner, or one that is no worker any more: somebody should claim them.
   * The most urgent first.
   */
  abandonedSessions(limit: number): Promise<readonly string[]>;
  /** Removes cells (not open nor suspended ones) that ended longer ago than this; gives their number. */
  sweepCells(olderThanMs: number): Promise<number>;

  /** A call that a suspended cell waits for, by its id, which nobody can guess. */
  getCall(id: string): Promise<CallRecord | undefined>;

  /**
   * Adds to what a tenant has used in a period, and gives the sums. `period` is a name of the caller's, `2026-11` for
   * instance.
   */
  addUsage(tenant: string, period: string, used: Usage): Promise<Usage>;

  /**
   * Of these blobs, those that no state refers to, which may then be deleted: no state ever will. A write that comes
   * late with one of them, from a worker that slept, is fenced.
   */
  retireBlobs(names: readonly string[]): Promise<readonly string[]>;

  /** Rejects with `StoreUnavailable` if it cannot be used now. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What is asked of sessions as such: the part of a store that its implementations keep in a file of its own. */
export type SessionStore = Pick<
  Store,
  | "createSession"
  | "getSession"
  | "listSessions"
  | "countSessions"
  | "abandonedSessions"
  | "claim"
  | "checkClaim"
  | "release"
  | "deleteSession"
  | "fork"
>;

export interface WorkerDescription {
  /** Where other workers reach it, `http://10.0.0.7:7070` for instance. */
  readonly address: string;
  readonly packageVersion: string;
  /** The ids of the interpreters that it has: only sessions with a state of one of these can go on there. */
  readonly runtimeIds: readonly string[];
}

export interface Worker extends WorkerDescription {
  /** Random, new with every start. */
  readonly id: string;
  /** It goes on with what it owns and takes nothing new. */
  readonly draining: boolean;
}

export interface Membership {
  readonly worker: Worker;
  /**
   * Resolves, with the reason, when the membership is lost: every ownership is to be dropped at once. When the worker leaves
   * as well.
   */
  readonly lost: Promise<Error>;
  drain(): Promise<void>;
  /** Gives up all that is owned still, and the membership. */
  leave(): Promise<void>;
}

/** What a session was made with, as the service's clients gave it: kept as JSON, compared by its text. */
export interface NewSession {
  readonly key: string;
  readonly language: "python" | "javascript";
  /** Canonical JSON. */
  readonly spec: string;
}

export interface SessionRecord extends NewSession {
  readonly epoch: number;
  /** The id of the worker that owns it, which may be dead. */
  readonly owner: string | undefined;
  /** Of the state; undefined for a session without one. */
  readonly runtimeId: string | undefined;
  /** The cell that is suspended, if one is. */
  readonly suspendedCell: string | undefined;
  readonly stateBytes: number;
  /**
   * The state is that of the session that it was forked from: it has written none of its own since. Whoever opens it gives
   * it random numbers of its own.
   */
  readonly isForeign: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Who may write to a session: held as long as no other claim or commit has given it another token. */
export interface Claim {
  readonly key: string;
  readonly worker: string;
  readonly epoch: number;
  readonly token: string;
}

/** `fenced`: the claim is not held any more, and nothing was written. */
export type Fenced<Value> = { readonly fenced: false; readonly value: Value } | { readonly fenced: true };

export type ClaimOutcome =
  | { readonly claimed: Claim; readonly session: SessionRecord }
  | { readonly ownedBy: Worker }
  | { readonly absent: true };

/** Bytes in the store itself, or by the name of a blob. */
export type PartWrite = {
  /** What a client may know of it: the id in the snapshot's head. */
  readonly snapshotId: string;
  readonly byteLength: number;
} & ({ readonly bytes: Uint8Array } | { readonly blob: string });

/** One link of the chain, in order of `sequence`, which no other part of any session has or had. */
export type StatePart = PartWrite & { readonly sequence: number };

export interface StateWrite {
  /** A whole snapshot, which takes the chain's place, or what changed since the chain's last. */
  readonly part: PartWrite & { readonly whole: boolean };
  readonly runtimeId: string;
}

export interface NewCell {
  readonly cell: string;
  /** SHA-256 of all that makes the cell what it is. */
  readonly digest: string;
  /** What is run again after a takeover, as canonical JSON. */
  readonly request: string;
  /** At most once: never run a second time; lost if its worker is. */
  readonly atMostOnce: boolean;
  /** After so many attempts that ended with their workers it is lost. */
  readonly maxAttempts: number;
}

export type CellStart =
  | { readonly kind: "run"; readonly attempt: number }
  | { readonly kind: "ended" | "suspended"; readonly cell: CellRecord }
  /** Given up now, or earlier: it had as many attempts as it may have. */
  | { readonly kind: "lost"; readonly cell: CellRecord }
  | { readonly kind: "conflict" };

export type CellStatus = "running" | "suspended" | "ended" | "lost";

export interface CellRecord {
  readonly key: string;
  readonly cell: string;
  readonly digest: string;
  readonly request: string;
  readonly status: CellStatus;
  readonly attempts: number;
  /** As JSON: of a cell that ended or is suspended. */
  readonly result: string | undefined;
  readonly createdAt: Date;
  readonly endedAt: Date | undefined;
}

export interface CellCommit {
  readonly cell: string;
  readonly status: "ended" | "suspended";
  /** As JSON. */
  readonly result: string;
  /** Absent: the state is what it was (the cell lost its interpreter, and the session was put back). */
  readonly state?: StateWrite;
  /** The calls that it waits for now; those of before that are not among them are answered. */
  readonly calls: readonly NewCall[];
  /** Calls that were answered with this commit, and with what, so that the same answer again changes nothing. */
  readonly answered: readonly { readonly id: string; readonly digest: string }[];
}

export interface NewCall {
  /** Random, at least 128 bits. */
  readonly id: string;
  /** The number that the session knows it by. */
  readonly call: number;
  readonly name: string;
  /** Its arguments, as JSON. */
  readonly arguments: string;
}

export interface CallRecord extends NewCall {
  readonly key: string;
  readonly cell: string;
  /** The digest of its answer, once it has one. A call that ended without an answer is not there any more. */
  readonly answered: string | undefined;
}

export interface Usage {
  readonly requests: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
}
