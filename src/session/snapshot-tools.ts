import type { Codec } from "../engine/codec.js";
import type { Language } from "../engine/runtime.js";
import { readChain } from "../engine/snapshot-chain.js";
import { compactChain } from "../engine/snapshot-compact.js";
import { damaged, invalid, readHeader, type StateLimits } from "../engine/snapshot-header.js";
import { stateFormat } from "../engine/state-identity.js";
import { statePageBytes } from "../engine/state-page.js";
import { finishSlowly } from "../engine/steps.js";
import { WasmReplError } from "../errors.js";
import { checkOptions } from "./option-checks.js";
import { sessionChecks } from "./option-tables.js";
import { guestOptions } from "./options.js";

/** What a snapshot says of itself. */
export interface SnapshotInfo {
  /** Names it in the snapshots that hold what changed since: 64 hexadecimal digits. */
  readonly id: string;
  /** Of one that holds only what changed: the id of the snapshot since which. Absent: it is whole. */
  readonly parent?: string;
  readonly language: Language;
  /** The id of the interpreter that it is of; see `runtimeId`. */
  readonly runtimeId: string;
  /** The version of wasm-repl that wrote it. */
  readonly packageVersion: string;
  /** The version of the form that it is in. */
  readonly format: number;
  /** Whether a cell in it waits for answers of the host. */
  readonly suspended: boolean;
  /** The memory of the session, and how much of that it holds as changed. */
  readonly memoryBytes: number;
  readonly changedBytes: number;
  /** What the files in memory take in it before they are compressed; 0 if they have not changed. */
  readonly filesBytes: number;
}

/**
 * What a snapshot says of itself, by its head alone: what follows is not read, and may be damaged. Throws
 * `INVALID_SNAPSHOT` if it is none, `SNAPSHOT_DAMAGED`, and `RUNTIME_MISMATCH` for another format.
 */
export function inspect(codec: Codec, bytes: Uint8Array): SnapshotInfo {
  const { header, id } = readHeader(codec, bytes);
  const { language, runtimeId, packageVersion, parent, memoryBytes, pageCount, filesBytes } = header;
  return {
    id,
    ...(parent === undefined ? {} : { parent }),
    language,
    runtimeId,
    packageVersion,
    format: stateFormat,
    suspended: header.process.suspension?.ofRun ?? false,
    memoryBytes,
    changedBytes: pageCount * statePageBytes,
    filesBytes,
  };
}

/** @param limits Default: those that a session has by default. */
export async function compact(
  codec: Codec,
  chain: readonly Uint8Array[],
  limits: Partial<StateLimits>,
): Promise<Uint8Array> {
  const { memoryBytes: memory, maxFileBytes: bytes, maxFiles: files } = sessionChecks;
  checkOptions("compactSnapshots", limits, { memoryBytes: memory, maxFileBytes: bytes, maxFiles: files });
  const { memoryBytes, maxFileBytes, maxFiles } = guestOptions(limits);
  const most = { memoryBytes, maxFileBytes, maxFiles };
  const links = await finishSlowly(readChain(codec, chain, most));
  try {
    return await finishSlowly(compactChain(codec, links, most));
  } catch (error) {
    if (error instanceof WasmReplError) throw error;
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw name === "DamagedError" ? damaged(message, error) : invalid(message, error);
  }
}
