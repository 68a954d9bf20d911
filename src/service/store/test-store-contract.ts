import { after, before, describe } from "node:test";
import type { Membership, Store } from "./store.js";
import { callContract } from "./test-call-contract.js";
import { cellContract } from "./test-cell-contract.js";
import { ownershipContract } from "./test-ownership-contract.js";
import { sessionContract } from "./test-session-contract.js";
import { stateContract } from "./test-state-contract.js";
import { description, type Fixture, type StoreKind } from "./test-store-fixture.js";

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
