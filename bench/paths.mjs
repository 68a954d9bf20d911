import { fileURLToPath } from "node:url";

/** A file of this folder, for a process to be started with. */
export const benchFile = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A built command. It is started by its name, as a shell does: its first line says how Node.js is to run it. */
export const command = (name) => fileURLToPath(new URL(`../dist/${name}.cjs`, import.meta.url));
