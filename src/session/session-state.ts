import type { GuestState } from "../engine/guest-state.js";
import type { Language, Runtime } from "../engine/runtime.js";
import { checkLimits, invalid, type StateLimits } from "../engine/snapshot-header.js";
import { checkIdentity } from "../engine/state-identity.js";
import { sourceOf } from "../vfs/byte-source.js";
import { restoreMemoryVolume } from "../vfs/memory-snapshot.js";

/**
 * A session's state in memory, which `Session.capture` gives and `Session.restore` takes: in the same process, and as it
 * was given. What can be stored is a snapshot.
 */
export interface SessionState {
  readonly language: Language;
  /** See `runtimeId`. */
  readonly runtimeId: string;
  /** The version of this package that captured it. */
  readonly packageVersion: string;
}

/** The only objects that are taken for a state: nobody else can make one. */
export class CapturedState implements SessionState {
  readonly language: Language;
  readonly runtimeId: string;
  readonly packageVersion: string;
  readonly #guest: GuestState;
  /** The limits of the session that it is of. */
  readonly #limits: StateLimits;

  constructor(guest: GuestState, limits: StateLimits) {
    this.language = guest.identity.language;
    this.runtimeId = guest.identity.runtimeId;
    this.packageVersion = guest.identity.packageVersion;
    this.#guest = guest;
    this.#limits = limits;
    Object.freeze(this);
  }

  /**
   * The guest's state, for a session of this runtime with these limits. `INVALID_SNAPSHOT` if the value is no state that
   * was captured, or goes over the limits; `RUNTIME_MISMATCH` if it is of another interpreter.
   */
  static open(value: unknown, runtime: Runtime, limits: StateLimits): GuestState {
    if (typeof value !== "object" || value === null || !(#guest in value)) {
      throw invalid("it is no state that capture gave in this process");
    }
    const guest = value.#guest;
    checkIdentity(guest.identity, runtime);
    checkLimits({ memoryBytes: guest.memoryBytes, filesBytes: guest.files.length }, limits);
    const { maxFileBytes, maxFiles } = value.#limits;
    if (limits.maxFileBytes < maxFileBytes || limits.maxFiles < maxFiles) checkFiles(guest, limits);
    return guest;
  }
}

/** What files take is known once they are made. */
function checkFiles({ files }: GuestState, { maxFileBytes, maxFiles }: StateLimits): void {
  try {
    restoreMemoryVolume(sourceOf(files), { maxBytes: maxFileBytes, maxNodes: maxFiles });
  } catch {
    throw invalid(
      `its files are more than the ${maxFileBytes} bytes, or the ${maxFiles} files, that are allowed`,
    );
  }
}
