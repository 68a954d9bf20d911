/**
 * Each entry takes a database from one version to the next. Entries are added at the end and never changed: databases
 * that have gone through them are out there. Times are milliseconds since 1970. What comes of clients is bytes; see
 * `stored-text.ts`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL,
    spec BLOB NOT NULL,
    epoch INTEGER NOT NULL DEFAULT 0,
    owner TEXT,
    token TEXT,
    runtime_id TEXT,
    suspended_cell TEXT,
    state_bytes INTEGER NOT NULL DEFAULT 0,
    is_foreign INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
  ) STRICT;

  -- A number is never given twice, so that it tells a part from all others that were ever in its place.
  CREATE TABLE parts (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    snapshot_id TEXT NOT NULL,
    byte_length INTEGER NOT NULL,
    bytes BLOB,
    blob TEXT,
    CHECK ((bytes IS NULL) <> (blob IS NULL))
  ) STRICT;
  CREATE INDEX parts_of_session ON parts (session);
  CREATE INDEX parts_in_blobs ON parts (blob) WHERE blob IS NOT NULL;

  -- Those that parts refer to, and those that were retired before any did, so that none ever will.
  CREATE TABLE blobs (name TEXT PRIMARY KEY, retired INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE cells (
    id INTEGER PRIMARY KEY,
    session INTEGER NOT NULL REFERENCES sessions ON DELETE CASCADE,
    cell TEXT NOT NULL,
    digest TEXT NOT NULL,
    request BLOB NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    result BLOB,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    UNIQUE (session, cell)
  ) STRICT;
  CREATE INDEX cells_that_ended ON cells (ended_at) WHERE status IN ('ended', 'lost');
  CREATE INDEX cells_that_run ON cells (session) WHERE status = 'running';

  CREATE TABLE calls (
    id TEXT PRIMARY KEY,
    cell INTEGER NOT NULL REFERENCES cells ON DELETE CASCADE,
    call INTEGER NOT NULL,
    name BLOB NOT NULL,
    arguments BLOB NOT NULL,
    answered TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX calls_of_cell ON calls (cell);

  CREATE TABLE usage (
    tenant TEXT NOT NULL,
    period TEXT NOT NULL,
    requests INTEGER NOT NULL,
    cpu_ms REAL NOT NULL,
    output_bytes INTEGER NOT NULL,
    PRIMARY KEY (tenant, period)
  ) STRICT, WITHOUT ROWID;
  `,
];
