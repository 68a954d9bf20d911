import type { Language } from "../../engine/runtime.js";
import { defaults } from "../../session/defaults.js";
import type { Mount } from "../../vfs/mount-spec.js";
import type { GivenOptions } from "../parse-options.js";
import { mostCharacters, type RunTimes } from "./limits.js";

/** What there is around the code, as its descriptions tell. */
export interface Surroundings {
  readonly interpreter: string;
  readonly times: RunTimes;
  /** The longest that a run waits for functions, in milliseconds, if the command line says so. Default: as its time limit. */
  readonly maxWaitMs?: number;
  readonly mounts: readonly Mount[];
  /** What packages there are, in words. Absent: none. */
  readonly packages?: string;
  readonly memoryBytes: number;
  readonly hasNetwork: boolean;
  /** What the code may reach of the network, as it was given. */
  readonly hosts: readonly string[];
  /** The code can change files of the host. */
  readonly canWriteHost: boolean;
  readonly hasFunctions: boolean;
  /** What functions of other servers there are, in lines. */
  readonly functionNotes: readonly string[];
  /** The sessions outlast the server. */
  readonly areKept: boolean;
}

const gives: Readonly<Record<Language, string>> = {
  python: "what the code prints, the value of its last expression, and the traceback if it fails",
  javascript:
    "what the code prints with console.log, the value of its last expression, and the error if it fails",
};

const there: Readonly<Record<Language, string>> = {
  python:
    "There: the standard library{packages}, await at the top level, files in memory (working directory /home/user), and display(x), which shows what a notebook would; display({'image/png': data}, raw=True) shows a picture.",
  javascript:
    "There: await at the top level, the modules fs, fs/promises, path, buffer and url, files in memory (working directory /home/user), and display({'image/png': bytes}), which shows a picture.",
};
const notThere: Readonly<Record<Language, string>> = {
  python: "pip and other packages, processes, threads, input()",
  javascript: "npm and other packages, Intl, WebAssembly, workers, processes",
};

export function runDescription(language: Language, surroundings: Surroundings): string {
  const { interpreter, times, packages, memoryBytes, functionNotes } = surroundings;
  const name = language === "python" ? "Python" : "JavaScript";
  return [
    `Runs ${name} (${interpreter}) in a sandbox. Gives ${gives[language]}.`,
    "State: variables, functions, imports and files stay in the session from call to call, also after an error or a time limit; each session has its own.",
    there[language].replace("{packages}", packages === undefined ? "" : `, ${packages}`),
    `Not there: ${notThere[language]}${networkNote(surroundings.hosts)}, this machine's files${mountNote(surroundings.mounts)}.`,
    `Limits: ${seconds(times.defaultMs)} a call (timeout_ms: up to ${seconds(times.mostMs)}), ${Math.round(memoryBytes / 2 ** 20)} MB of memory. Of more than ${mostCharacters} characters the middle is left out, and /tmp/last-output.txt has all.`,
    ...functionNotes,
  ].join("\n");
}

function networkNote(hosts: readonly string[]): string {
  return hosts.length === 0 ? ", the network" : `, the network, except ${hosts.join(", ")}`;
}

function mountNote(mounts: readonly Mount[]): string {
  if (mounts.length === 0) return "";
  const kinds = { ro: "read-only", rw: "which can be changed", overlay: "changes are kept in memory" };
  const names = mounts.map(({ guestPath, mode = "ro" }) => `${guestPath} (${kinds[mode]})`);
  return `, except ${names.join(", ")}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`;
}

/** What a client may tell its model of the server as a whole. */
export function instructionsOf(language: Language, { areKept }: Surroundings): string {
  return [
    `A sandbox for ${language === "python" ? "Python" : "JavaScript"}: compute, keep state and files from call to call, show pictures.`,
    "Use a session of its own for each task. Before a step that may spoil the state, fork the session; to go back, fork the copy onto it with replace.",
    areKept ? "Sessions are kept when the server ends." : "Sessions end with the server.",
  ].join(" ");
}

export function surroundingsOf(
  given: GivenOptions,
  known: Pick<Surroundings, "interpreter" | "times" | "areKept" | "functionNotes">,
): Surroundings {
  const { mounts = [], memoryBytes = defaults.memoryBytes, maxWaitMs, network = [] } = given;
  const packages = packagesIn(given);
  return {
    ...known,
    ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
    mounts,
    ...(packages === undefined ? {} : { packages }),
    memoryBytes,
    hasNetwork: network.length > 0,
    hosts: network,
    canWriteHost: mounts.some(({ mode }) => mode === "rw"),
    hasFunctions: known.functionNotes.length > 0,
  };
}

function packagesIn({ with: wanted = [], lock }: GivenOptions): string | undefined {
  if (lock !== undefined) return "the packages that whoever runs this server has chosen";
  return wanted.length === 0 ? undefined : `the packages ${wanted.join(", ")}`;
}
