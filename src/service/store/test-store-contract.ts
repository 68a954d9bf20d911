import { after, before, describe } from "node:test";
import type { Claim, Fenced, Membership, NewCell, PartWrite, StateWrite, Store } from "./store.js";
import { callContract } from "./test-call-contract.js";
import { cellContract } from "./test-cell-contract.js";
import { ownershipContract } from "./test-ownership-contract.js";
import { sessionContract } from "./test-session-contract.js";
import { stateContract } from "./test-state-contract.js";

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

/** Runs what every store must do against one kind of store. */
export function storeContract(name: string, kind: StoreKind): void {
  describe(name, () => {
    let state: { store: Store; other: Store; membership: Membership };
    let keys = 0;
    before(async () => {
      const store = await kind.open();
      state = { store, other: await kind.another(), membership: await store.join(description) };
    });
    after(async () => {
      await state.store.close();
      await state.other.close();
      await kind.close();
    });
    const fixture: Fixture = {
      kind,
      get store() {
        return state.store;
      },
      get other() {
        return state.other;
      },
      get membership() {
        return state.membership;
      },
      join: (store = state.store) => store.join(description),
      key: (suffix = "k") => `test-${++keys}:${suffix}`,
      async claimed(key = fixture.key()) {
        await state.store.createSession({ key, language: "python", spec: "{}" });
        return fixture.claim(key);
      },
      async claim(key, worker = state.membership.worker.id) {
        const outcome = await state.store.claim(key, worker);
        if (!("claimed" in outcome)) throw new Error(`not claimed: ${JSON.stringify(outcome)}`);
        return outcome.claimed;
      },
    };
    sessionContract(fixture);
    ownershipContract(fixture);
    stateContract(fixture);
    cellContract(fixture);
    callContract(fixture);
  });
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
