import type { Claim, Fenced, Membership, NewCell, PartWrite, StateWrite, Store } from "./store.js";

/** One kind of store, as the suite gets at it. */
export interface StoreKind {
  /** The store as one process has it. */
  open(): Promise<Store>;
  /** The store as another process has it; the same object where there is none. */
  another(): Promise<Store>;
  /** Ends a worker's membership as the end of its process would. */
  kill(membership: Membership): Promise<void>;
  close(): Promise<void>;
}

/** What a test of the contract works with. */
export interface Fixture {
  readonly store: Store;
  readonly other: Store;
  readonly kind: StoreKind;
  /** A worker that lives as long as the suite does. */
  readonly membership: Membership;
  join(store?: Store): Promise<Membership>;
  /** A key that no other test has. */
  key(suffix?: string): string;
  /** A new session that the worker has claimed. */
  claimed(key?: string): Promise<Claim>;
  claim(key: string, worker?: string): Promise<Claim>;
}

export const description = {
  address: "http://127.0.0.1:7070",
  packageVersion: "0.0.0-test",
  runtimeIds: ["runtime-a", "runtime-b"],
};

/** What was not fenced. */
export function value<Value>(outcome: Fenced<Value>): Value {
  if (outcome.fenced) throw new Error("it was fenced");
  return outcome.value;
}

export const cell = (id: string, changes: Partial<NewCell> = {}): NewCell => ({
  cell: id,
  digest: `digest of ${id}`,
  request: `{"code":${JSON.stringify(id)}}`,
  atMostOnce: false,
  maxAttempts: 3,
  ...changes,
});

export const part = (content: string): PartWrite => ({
  snapshotId: `id of ${content}`,
  byteLength: content.length,
  bytes: Buffer.from(content),
});

export const blobPart = (blob: string): PartWrite => ({
  snapshotId: `id of ${blob}`,
  byteLength: 1000,
  blob,
});

export const whole = (write: PartWrite): StateWrite => ({
  part: { ...write, whole: true },
  runtimeId: "runtime-a",
});

export const delta = (write: PartWrite): StateWrite => ({
  part: { ...write, whole: false },
  runtimeId: "runtime-a",
});

/** Begins a cell and commits it with a state. */
export async function runCell(store: Store, claim: Claim, id: string, state?: StateWrite): Promise<Claim> {
  value(await store.beginCell(claim, cell(id)));
  const commit = { cell: id, status: "ended" as const, result: `"${id}"`, calls: [], answered: [] };
  return value(await store.commitCell(claim, state === undefined ? commit : { ...commit, state }));
}

/** The chain as its contents or the names of its blobs. */
export async function chain(store: Store, key: string): Promise<string[]> {
  const parts = await store.readState(key);
  return parts.map((found) => ("blob" in found ? found.blob : Buffer.from(found.bytes).toString()));
}
