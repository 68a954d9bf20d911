import { fileURLToPath } from "node:url";

/** A file of this folder, for a process to be started with. */
export const benchFile = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A built command, as `npx` would start it. */
export const command = (name) => fileURLToPath(new URL(`../dist/${name}.cjs`, import.meta.url));
