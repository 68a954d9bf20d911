import type { CellRecord, CellStatus, SessionRecord } from "../store/store.js";

/** What clients are told of a cell. */
export interface CellAnswer {
  readonly cell: string;
  readonly status: CellStatus;
  /** How often it was begun. */
  readonly attempts: number;
  /** Of one that ended or is suspended; the fields are those of docs/results.md. */
  readonly result?: Readonly<Record<string, unknown>>;
  readonly created_at?: string;
  readonly ended_at?: string;
}

export function cellAnswer(record: CellRecord): CellAnswer {
  const { cell, status, attempts, result, createdAt, endedAt } = record;
  return {
    cell,
    status,
    attempts,
    ...(result === undefined ? {} : { result: JSON.parse(result) }),
    created_at: createdAt.toISOString(),
    ...(endedAt === undefined ? {} : { ended_at: endedAt.toISOString() }),
  };
}

/** What clients are told of a session: nothing of where it is. */
export interface SessionAnswer {
  readonly key: string;
  readonly spec: unknown;
  /** The cell that waits for answers. */
  readonly suspended_cell?: string;
  readonly state_bytes: number;
  readonly runtime_id?: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export function sessionAnswer(record: SessionRecord): SessionAnswer {
  const { key, spec, suspendedCell, stateBytes, runtimeId, createdAt, updatedAt } = record;
  return {
    key,
    spec: JSON.parse(spec),
    ...(suspendedCell === undefined ? {} : { suspended_cell: suspendedCell }),
    state_bytes: stateBytes,
    ...(runtimeId === undefined ? {} : { runtime_id: runtimeId }),
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
