/**
 * Each entry takes a database from one version to the next, and is never changed: databases that have gone through it
 * are out there. `compatibleFrom` is the oldest version whose workers can go on using a database after it, since
 * workers of two versions serve at the same time while they are updated: add, and take away a version later. What comes
 * of clients is bytes; see `stored-text.ts`.
 */
export const migrations: readonly { readonly compatibleFrom: number; readonly sql: string }[] = [
  {
    compatibleFrom: 1,
    sql: `
    CREATE TABLE wasm_repl.workers (
      id text PRIMARY KEY,
      -- The number of the advisory lock that its connection holds for as long as it lives.
      lock bigint NOT NULL,
      address text NOT NULL,
      package_version text NOT NULL,
      runtime_ids text[] NOT NULL,
      draining boolean NOT NULL DEFAULT false,
      joined_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE wasm_repl.sessions (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      key text COLLATE "C" NOT NULL UNIQUE,
      language text NOT NULL,
      spec bytea NOT NULL,
      epoch bigint NOT NULL DEFAULT 0,
      owner text,
      token text,
      runtime_id text,
      suspended_cell text,
      state_bytes bigint NOT NULL DEFAULT 0,
      is_foreign boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 80);

    -- A number is never given twice, so that it tells a part from all others that were ever in its place.
    CREATE TABLE wasm_repl.parts (
      sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      session bigint NOT NULL REFERENCES wasm_repl.sessions ON DELETE CASCADE,
      snapshot_id text NOT NULL,
      byte_length bigint NOT NULL,
      bytes bytea,
      blob text,
      CHECK ((bytes IS NULL) <> (blob IS NULL))
    );
    -- Snapshots are compressed already.
    ALTER TABLE wasm_repl.parts ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE INDEX parts_of_session ON wasm_repl.parts (session);
    CREATE INDEX parts_in_blobs ON wasm_repl.parts (blob) WHERE blob IS NOT NULL;

    -- Those that parts refer to, and those that were retired before any did, so that none ever will.
    CREATE TABLE wasm_repl.blobs (name text PRIMARY KEY, retired boolean NOT NULL);

    CREATE TABLE wasm_repl.cells (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      session bigint NOT NULL REFERENCES wasm_repl.sessions ON DELETE CASCADE,
      cell text COLLATE "C" NOT NULL,
      digest text NOT NULL,
      request bytea NOT NULL,
      status text NOT NULL,
      attempts integer NOT NULL,
      result bytea,
      created_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      UNIQUE (session, cell)
    );
    CREATE INDEX cells_that_ended ON wasm_repl.cells (ended_at) WHERE status IN ('ended', 'lost');
    CREATE INDEX cells_that_run ON wasm_repl.cells (session) WHERE status = 'running';

    CREATE TABLE wasm_repl.calls (
      id text COLLATE "C" PRIMARY KEY,
      cell bigint NOT NULL REFERENCES wasm_repl.cells ON DELETE CASCADE,
      call integer NOT NULL,
      name bytea NOT NULL,
      arguments bytea NOT NULL,
      answered text
    );
    CREATE INDEX calls_of_cell ON wasm_repl.calls (cell);

    CREATE TABLE wasm_repl.usage (
      tenant text NOT NULL,
      period text NOT NULL,
      requests bigint NOT NULL,
      cpu_ms double precision NOT NULL,
      output_bytes bigint NOT NULL,
      PRIMARY KEY (tenant, period)
    );
    `,
  },
];
