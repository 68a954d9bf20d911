import type { DirectoryEntry, FileInfo } from "../engine/file-requests.js";
import type { Language } from "../engine/runtime.js";
import { parseJson } from "./json.js";
import { invalidAnswer, ServiceError } from "./service-error.js";
import type { RemoteResult, RemoteSessionInfo } from "./types.js";
import { fromJsonValue } from "./values.js";

type Members = Readonly<Record<string, unknown>>;
/** What a member becomes; undefined if it cannot be that. */
type Reader = (value: unknown) => unknown;

const aString: Reader = (value) => (typeof value === "string" ? value : undefined);
const aNumber: Reader = (value) => (typeof value === "number" ? value : undefined);
const aTrue: Reader = (value) => (value === true ? value : undefined);
const aDate: Reader = (value) => {
  const date = typeof value === "string" ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
};
const oneOf =
  (...words: readonly string[]): Reader =>
  (value) =>
    words.find((word) => word === value);
const listOf =
  (read: Reader): Reader =>
  (value) => {
    if (!Array.isArray(value)) return undefined;
    const all = value.map(read);
    return all.includes(undefined) ? undefined : all;
  };
/** @param members Those that it may have, by the names that they have here: their names there, and how they are read. */
const objectOf =
  (members: Readonly<Record<string, readonly [name: string, read: Reader, isNeeded?: "needed"]>>): Reader =>
  (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    const read: Record<string, unknown> = {};
    for (const [ours, [theirs, reader, isNeeded]] of Object.entries(members)) {
      const given = Object.hasOwn(value, theirs) ? (value as Members)[theirs] : undefined;
      if (given === undefined && isNeeded === undefined) continue;
      const found = given === undefined ? undefined : reader(given);
      if (found === undefined) return undefined;
      read[ours] = found;
    }
    return read;
  };
const anObject: Reader = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? fromJsonValue(value) : undefined;

const fileTypes = oneOf(
  ...([
    "file",
    "directory",
    "symlink",
    "character",
    "block",
    "fifo",
    "socket",
    "unknown",
  ] satisfies FileInfo["type"][]),
);
const readResult = objectOf({
  output: ["output", aString],
  stdout: ["stdout", aString],
  stderr: ["stderr", aString],
  error: ["error", aString],
  exception: [
    "exception",
    objectOf({ type: ["type", aString, "needed"], message: ["message", aString, "needed"] }),
  ],
  result: ["result", aString],
  value: ["value", fromJsonValue],
  display: ["display", listOf(anObject)],
  suspended: [
    "suspended",
    listOf(
      objectOf({
        call: ["call", aString, "needed"],
        function: ["function", aString, "needed"],
        args: ["args", listOf(fromJsonValue), "needed"],
        kwargs: ["kwargs", anObject, "needed"],
      }),
    ),
  ],
  files: [
    "files",
    listOf(
      objectOf({
        path: ["path", aString, "needed"],
        bytes: ["bytes", aNumber, "needed"],
        change: ["change", oneOf("created", "changed", "removed"), "needed"],
      }),
    ),
  ],
  filesCut: ["files_cut", aTrue],
  exitCode: ["exit_code", aNumber],
  stopped: ["stopped", aString],
  state: ["state", oneOf("kept", "rolled_back", "lost")],
  durationMs: ["duration_ms", aNumber, "needed"],
  cpuMs: ["cpu_ms", aNumber],
  memoryBytes: ["memory_bytes", aNumber],
});
const readCell = objectOf({
  cellId: ["cell", aString, "needed"],
  status: ["status", oneOf("running", "suspended", "ended", "lost"), "needed"],
  attempts: ["attempts", aNumber, "needed"],
  result: ["result", anyObject],
});
const readSession = objectOf({
  key: ["key", aString, "needed"],
  spec: ["spec", objectOf({ language: ["language", oneOf("python", "javascript"), "needed"] }), "needed"],
  suspendedCell: ["suspended_cell", aString],
  stateBytes: ["state_bytes", aNumber, "needed"],
  runtimeId: ["runtime_id", aString],
  createdAt: ["created_at", aDate, "needed"],
  updatedAt: ["updated_at", aDate, "needed"],
});
const readFileInfo = objectOf({
  type: ["type", fileTypes, "needed"],
  bytes: ["bytes", aNumber, "needed"],
  mode: ["mode", aNumber, "needed"],
  modifiedMs: ["modified_ms", aNumber, "needed"],
  target: ["target", aString],
});
const readList = objectOf({
  entries: [
    "entries",
    listOf(
      objectOf({
        name: ["name", aString, "needed"],
        type: ["type", fileTypes, "needed"],
        bytes: ["bytes", aNumber, "needed"],
      }),
    ),
    "needed",
  ],
});
const readPage = objectOf({ sessions: ["sessions", listOf(readSession), "needed"], next: ["next", aString] });

function anyObject(value: unknown): unknown {
  return typeof value === "object" && value !== null ? value : undefined;
}

/** `INVALID_ANSWER` if it is not that. */
function read<Result>(what: string, reader: Reader, given: unknown): Result {
  let found: unknown;
  try {
    found = reader(given);
  } catch (cause) {
    throw invalidAnswer(`it is no ${what}`, { cause });
  }
  if (found === undefined) throw invalidAnswer(`it is no ${what}`);
  return found as Result;
}

/** Of a cell that has ended or is suspended. `CELL_LOST` for one that is lost; undefined for one that runs. */
export function cellResultOf(json: Uint8Array | string, asked: string | undefined): RemoteResult | undefined {
  const cell = read<{ cellId: string; status: string; attempts: number; result?: unknown }>(
    "cell",
    readCell,
    parseJson(json),
  );
  const { cellId, status, attempts, result } = cell;
  if (asked !== undefined && cellId !== asked) throw invalidAnswer("it is of another cell");
  if (status === "running") return undefined;
  if (status === "lost") {
    const times = attempts === 1 ? "once" : `${attempts} times`;
    const error = new ServiceError(
      "CELL_LOST",
      `the cell has ended with its worker ${times}, and has had no effect`,
    );
    error.cellId = cellId;
    throw error;
  }
  // What was not asked with details has none.
  const given = { duration_ms: 0, ...(result as object) };
  return {
    cellId,
    attempts,
    ...read<Omit<RemoteResult, "cellId" | "attempts">>("result", readResult, given),
  };
}

/** Of an event `attempt` or `output`; undefined if it is none. */
export const attemptOf = (json: string) =>
  read<{ attempt: number }>("event", readAttempt, parseJson(json)).attempt;
const readAttempt = objectOf({ attempt: ["attempt", aNumber, "needed"] });

export const outputOf = (json: string) =>
  read<{ stream: "stdout" | "stderr"; text: string }>("event", readOutput, parseJson(json));
const readOutput = objectOf({
  stream: ["stream", oneOf("stdout", "stderr"), "needed"],
  text: ["text", aString, "needed"],
});

type Session = Omit<RemoteSessionInfo, "language"> & { readonly spec: { readonly language: Language } };

const infoOf = ({ spec, ...others }: Session): RemoteSessionInfo => ({ language: spec.language, ...others });

export function sessionInfoOf(json: Uint8Array): RemoteSessionInfo {
  return infoOf(read<Session>("session", readSession, parseJson(json)));
}

export function sessionPageOf(json: Uint8Array): {
  readonly sessions: readonly RemoteSessionInfo[];
  readonly next?: string;
} {
  const { sessions, next } = read<{ sessions: Session[]; next?: string }>("list", readPage, parseJson(json));
  return { sessions: sessions.map(infoOf), ...(next === undefined ? {} : { next }) };
}

export function fileInfoOf(json: Uint8Array): FileInfo {
  return read("file", readFileInfo, parseJson(json));
}

export function directoryOf(json: Uint8Array): DirectoryEntry[] {
  return read<{ entries: DirectoryEntry[] }>("directory", readList, parseJson(json)).entries;
}
