import type { Fenced } from "./store.js";

export const fenced = { fenced: true } as const;
export const done = <Value>(value: Value): Fenced<Value> => ({ fenced: false, value });
