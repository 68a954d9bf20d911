import type {
  CallRecord,
  CellRecord,
  CellStatus,
  NewSession,
  SessionRecord,
  StatePart,
  Usage,
} from "./store.js";
import { bytesToText } from "./stored-text.js";

/** As SQLite gives it, or PostgreSQL, which has large numbers as texts and times as dates. */
export type Row = Readonly<Record<string, string | number | bigint | boolean | Date | Uint8Array | null>>;

export const sessionColumns =
  "id, key, language, spec, epoch, owner, runtime_id, suspended_cell, state_bytes, is_foreign, created_at, updated_at";

export function sessionOf(row: Row): SessionRecord {
  return {
    key: text(row, "key"),
    language: text(row, "language") as NewSession["language"],
    spec: clientText(row, "spec"),
    epoch: number(row, "epoch"),
    owner: textOrNone(row, "owner"),
    runtimeId: textOrNone(row, "runtime_id"),
    suspendedCell: textOrNone(row, "suspended_cell"),
    stateBytes: number(row, "state_bytes"),
    isForeign: Boolean(row.is_foreign),
    createdAt: time(row, "created_at"),
    updatedAt: time(row, "updated_at"),
  };
}

/** What is told of a session that was to be made. */
export const madeOf = ({ created, row }: { readonly created: boolean; readonly row: Row }) => ({
  created,
  session: sessionOf(row),
});

export function cellOf(row: Row, key: string): CellRecord {
  return {
    key,
    cell: text(row, "cell"),
    digest: text(row, "digest"),
    request: clientText(row, "request"),
    status: text(row, "status") as CellStatus,
    attempts: number(row, "attempts"),
    result: row.result === null ? undefined : clientText(row, "result"),
    createdAt: time(row, "created_at"),
    endedAt: row.ended_at === null ? undefined : time(row, "ended_at"),
  };
}

export function callOf(row: Row): CallRecord {
  return {
    id: text(row, "id"),
    key: text(row, "key"),
    cell: text(row, "cell"),
    call: number(row, "call"),
    name: clientText(row, "name"),
    arguments: clientText(row, "arguments"),
    answered: textOrNone(row, "answered"),
  };
}

export function partOf(row: Row): StatePart {
  const { bytes } = row;
  return {
    sequence: number(row, "sequence"),
    snapshotId: text(row, "snapshot_id"),
    byteLength: number(row, "byte_length"),
    ...(bytes instanceof Uint8Array ? { bytes } : { blob: text(row, "blob") }),
  };
}

export const usageOf = (row: Row): Usage => ({
  requests: number(row, "requests"),
  cpuMs: number(row, "cpu_ms"),
  outputBytes: number(row, "output_bytes"),
});

const time = (row: Row, column: string): Date => new Date(row[column] as number | Date);
export const number = (row: Row, column: string): number => Number(row[column]);
export const text = (row: Row, column: string): string => row[column] as string;
export const textOrNone = (row: Row, column: string): string | undefined =>
  (row[column] as string | null) ?? undefined;
const clientText = (row: Row, column: string): string => bytesToText(row[column] as Uint8Array);
