import type { DirectoryEntry, FileInfo } from "../engine/file-requests.js";
import type { OutputStream } from "../engine/messages.js";
import type { Language } from "../engine/runtime.js";
import type { DeterministicOptions } from "../session/deterministic.js";
import type { CellResult, ResumeAnswer, RunOptions } from "../session/options.js";
import type { RunSignal } from "../session/run-signal.js";
import type { MakeOptions, RemoveOptions } from "../session/session-files.js";

/** What of an answer of `fetch` the client looks at. Every `Response` is one. */
export interface FetchResponse {
  readonly status: number;
  readonly type: string;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): {
      read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
      cancel(): Promise<void>;
    };
  } | null;
}

/** What `fetch` is given besides the address. */
export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal: RunSignal;
  readonly redirect: "manual";
  readonly credentials: "omit";
  readonly cache: "no-store";
  readonly referrerPolicy: "no-referrer";
}

export interface ConnectOptions {
  /** Where the service is: `http://127.0.0.1:7070`, or a path below which it is, behind a proxy. */
  readonly url: string | { readonly href: string };
  /** As `wasm-repl token` shows it. Default: none, which a service takes on the loopback address alone. */
  readonly token?: string;
  /** Takes the place of the global `fetch`. It must not follow redirects, nor keep the token. */
  fetch?(url: string, request: FetchRequest): Promise<FetchResponse>;
  /**
   * How long what fails is tried again, in milliseconds, from the first failure after which nothing has come: a service
   * that cannot be reached, or says that it is busy. Default 30 seconds; 0: once only.
   */
  readonly retryMs?: number;
  /**
   * A stream of events from which nothing comes for so long, in milliseconds, is taken for cut off; the service sends
   * something every 15 seconds. Default 45 seconds.
   */
  readonly quietMs?: number;
  /**
   * The same for all other answers, which may wait for a cell that runs. Default five minutes.
   */
  readonly answerMs?: number;
}

/** The sessions of a service, over HTTP. */
export interface ServiceClient {
  /**
   * Makes a session, or finds the one of that key that was made with the same. `SESSION_EXISTS` if it was made with
   * something else.
   *
   * @param key 1 to 200 letters, digits, `-`, `_`, `.` or `:`, the first a letter, a digit or `_`.
   */
  createSession(key: string, language: Language, options?: RemoteSessionOptions): Promise<RemoteSession>;
  /** A session that is there; `NOT_FOUND` if it is not. */
  openSession(key: string): Promise<RemoteSession>;
  /** All sessions that the token has a say in, in order of their keys. */
  sessions(options?: ListSessionsOptions): AsyncIterable<RemoteSessionInfo>;
  /** Answers a call by its id alone: what the cell becomes of it is the result. */
  answer(
    call: string,
    answer: CallAnswer,
    options?: Omit<RemoteResumeOptions, "signal">,
  ): Promise<RemoteResult>;
  /** Gives up what is waited for, which rejects with `SESSION_CLOSED`. Nothing happens to sessions. */
  close(): void;
}

/** What a session is made with; limits above the service's are refused. */
export interface RemoteSessionOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly cpuTimeoutMs?: number;
  readonly memoryBytes?: number;
  readonly maxOutputBytes?: number;
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
  readonly maxCalls?: number;
  readonly onLimit?: "stop" | "raise";
  readonly deterministic?: DeterministicOptions;
  /** The name of a set of packages that the service has. */
  readonly packages?: string;
  readonly network?: { readonly allow: readonly string[] };
  /**
   * Functions that the code may call, by name: objects of `description`, `parameters`, `returns` and `style`, or
   * namespaces of such. A call suspends the cell until it is answered, with `resume` or `answer`.
   */
  readonly functions?: Readonly<Record<string, unknown>>;
}

export interface ListSessionsOptions {
  /** Those alone whose keys begin with it. */
  readonly prefix?: string;
}

/** What is known of a session. */
export interface RemoteSessionInfo {
  readonly key: string;
  readonly language: Language;
  /** The cell that waits for answers. */
  readonly suspendedCell?: string;
  /** What its state takes in the store. */
  readonly stateBytes: number;
  /** The interpreter that its state is of. Absent: it has run nothing. */
  readonly runtimeId?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A session that the service keeps, with the shape of the library's `Session`. It outlives this object, and this process. */
export interface RemoteSession {
  readonly key: string;
  readonly language: Language;
  /**
   * Runs one cell, which takes effect once however often it has to be asked for: what was cut off, or was refused for a
   * time, is asked for again with the same id. What the code does wrong is in the result, which is in the service's store
   * by then.
   *
   * Rejects with a `ServiceError`, which has the cell's id: after `UNREACHABLE` and `UNAVAILABLE`, run it again with that
   * `cellId` to learn what became of it.
   */
  run(code: string, options?: RemoteRunOptions): Promise<RemoteResult>;
  /** Answers calls of the suspended cell, which goes on. It need not get all answers at once. */
  resume(answers: readonly ResumeAnswer[], options?: RemoteResumeOptions): Promise<RemoteResult>;
  /**
   * What becomes of a cell that was begun here or elsewhere, once it has ended or is suspended, with its output if it runs
   * now. `NOT_FOUND` if there is none.
   */
  follow(cellId: string, options?: RemoteResumeOptions): Promise<RemoteResult>;
  /**
   * Stops a cell, whose `run` resolves with `stopped`. Does nothing if it does not run, nor waits for its turn.
   *
   * @param cellId Default: all that this object waits for.
   */
  interrupt(cellId?: string): Promise<void>;
  readonly files: RemoteFiles;
  /** The state as bytes, which `createSession` of the library takes too; undefined if the session has run nothing. */
  snapshot(): Promise<Uint8Array | undefined>;
  /** Puts a snapshot in the place of the state. A suspended cell is lost. */
  restore(snapshot: Uint8Array): Promise<void>;
  /** Begins anew, with an empty name space and the files of the start. */
  reset(): Promise<void>;
  /**
   * A second session of that key, from the state of this one. `SESSION_EXISTS` if there is one: it may be of this very
   * call, if its answer was cut off.
   */
  fork(key: string): Promise<RemoteSession>;
  /**
   * Has the service give up the session's interpreter, as `hibernate` of the library does: the next cell makes it again
   * from the state. The service does so by itself when it wants the room.
   */
  evict(): Promise<void>;
  info(): Promise<RemoteSessionInfo>;
  /** Removes the session with all that it is, and stops what runs in it. Does nothing if there is none. */
  delete(): Promise<void>;
  /**
   * Gives up what this object waits for, which rejects with `SESSION_CLOSED`. The session stays, and so does what runs in
   * it: only `delete` ends it.
   */
  close(): void;
}

/** As those of the library. */
export type RemoteRunOptions = RemoteResumeOptions &
  Pick<RunOptions, "stdin" | "language" | "timeoutMs" | "cpuTimeoutMs" | "value"> & {
    /** Names the cell: of one id it takes effect once, whoever asks. Default: a random one. */
    readonly cellId?: string;
    /** Never run it a second time: `CELL_LOST` if its worker dies. Default false: it runs again, from the state before it. */
    readonly atMostOnce?: boolean;
  };

export interface RemoteResumeOptions {
  /**
   * Called with output as it is written, each piece once. It is provisional until the cell has ended: see `onRestart`.
   * What this throws, or rejects with, stops the cell and is what `run` rejects with. A slow one holds up no cell: what it
   * has missed comes at the end.
   */
  readonly onOutput?: (stream: OutputStream, text: string) => unknown;
  /** The cell begins anew, since its worker died: what `onOutput` was given counts for nothing, and comes again. */
  readonly onRestart?: () => void;
  /** Aborting it stops the cell as `interrupt` does: `run` resolves with `stopped`. */
  readonly signal?: RunSignal;
}

/** What the library's `run` resolves with, and which cell it was. `state: "rolled_back"`: the cell has changed nothing. */
export interface RemoteResult extends Omit<CellResult, "snapshot" | "lostRuns"> {
  readonly cellId: string;
  /** How often it was begun. */
  readonly attempts: number;
}

/** What a call gets. */
export type CallAnswer =
  | { readonly value: unknown }
  | { readonly error: { readonly type?: string; readonly message: string } };

/** The session's own files. A path that does not begin with `/` begins at the working directory. */
export interface RemoteFiles {
  /** At most 64 MiB. */
  read(path: string): Promise<Uint8Array>;
  /** As `read`, as text in UTF-8; what is none becomes U+FFFD. */
  readText(path: string): Promise<string>;
  /** Resolves when it is in the service's store. */
  write(path: string, data: string | Uint8Array, options?: MakeOptions): Promise<void>;
  /** @param path Default: the working directory. */
  list(path?: string): Promise<DirectoryEntry[]>;
  stat(path: string): Promise<FileInfo>;
  makeDirectory(path: string, options?: MakeOptions): Promise<void>;
  remove(path: string, options?: RemoveOptions): Promise<void>;
}
