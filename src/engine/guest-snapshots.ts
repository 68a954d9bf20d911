import type { Image } from "../guest/image.js";
import type { ProcessState } from "../guest/process-state.js";
import { writeMemoryVolume } from "../vfs/memory-snapshot.js";
import type { MemoryVolume } from "../vfs/memory-volume.js";
import type { Codec } from "./codec.js";
import type { Snapshot } from "./guest-state.js";
import type { MemoryChanges } from "./memory-changes.js";
import { differencesFromImage } from "./page-difference.js";
import type { FilesMark } from "./snapshot-points.js";
import { layDifferencesOver } from "./snapshot-read.js";
import { type EncodedSnapshot, encodeSnapshot } from "./snapshot-write.js";
import type { StateIdentity } from "./state-identity.js";
import { finish } from "./steps.js";

/** Takes snapshots of a guest at rest, and knows some of the earlier ones. */
export interface GuestSnapshots {
  /**
   * The guest in the form in which it is stored.
   *
   * @param since The id of an earlier snapshot, which `know` has found: only what has changed since.
   */
  take(since?: string): EncodedSnapshot;
  /**
   * Whether what has changed since a snapshot can be told.
   *
   * @param snapshot The snapshot itself, for when the guest has not taken it, or has forgotten it. Fails if it is not as
   *   it should be, or cannot be of this guest.
   */
  know(id: string, snapshot?: Snapshot): boolean;
}

export interface SnapshotsOfGuest {
  readonly codec: Codec;
  readonly identity: StateIdentity;
  readonly image: Image;
  readonly memory: WebAssembly.Memory;
  readonly volume: MemoryVolume;
  process(): ProcessState;
  /** How many changes of files have been counted. */
  fileChanges(): number;
  /** Whether the guest's changes are reported, so that its memory is remembered anyway. */
  readonly isTracked: boolean;
  changes(): MemoryChanges;
  /** The snapshot that the guest began from, and its files then. Absent: it did not. */
  readonly origin?: { readonly snapshot: Snapshot; readonly files: FilesMark } | undefined;
}

/** Of files that nothing is known of: all of them have changed. */
const unknownFiles: FilesMark = { changes: -1, contentChanges: -1 };

export function createGuestSnapshots(guest: SnapshotsOfGuest): GuestSnapshots {
  const { codec, identity, image, memory, volume } = guest;
  let { isTracked, origin } = guest;

  const filesNow = () => ({ changes: guest.fileChanges(), contentChanges: volume.budget.changes });

  function recall({ parts, id }: Snapshot, files: FilesMark): void {
    const { header } = parts.at(-1) ?? parts[0];
    if (header.memoryBytes > memory.buffer.byteLength) {
      throw new Error("it is of no earlier state of this session, which has less memory");
    }
    isTracked = true;
    guest
      .changes()
      .addEarlierPoint({ id, files }, (wordsOf) => finish(layDifferencesOver(codec, parts, wordsOf)));
  }

  return {
    take(since) {
      const changes = isTracked ? guest.changes() : undefined;
      const point = since === undefined ? undefined : changes?.findPoint(since);
      if (since !== undefined && point === undefined)
        throw new Error("the earlier snapshot is not known any more");
      const files = filesNow();
      const snapshot = encodeSnapshot(codec, {
        identity,
        memoryBytes: memory.buffer.byteLength,
        process: guest.process(),
        pages:
          changes === undefined
            ? differencesFromImage(memory, image)
            : point === undefined
              ? changes.differences()
              : changes.differencesSince(point),
        ...(point?.files.changes === files.changes
          ? {}
          : { files: (write) => writeMemoryVolume(volume, write, point?.files.contentChanges) }),
        ...(since === undefined ? {} : { parent: since }),
      });
      changes?.addPoint({ id: snapshot.id, files });
      if (changes !== undefined) origin = undefined;
      return snapshot;
    },
    know(id, snapshot) {
      if (isTracked && guest.changes().findPoint(id) !== undefined) return true;
      if (origin?.snapshot.id === id) recall(origin.snapshot, origin.files);
      else if (snapshot !== undefined) recall(snapshot, unknownFiles);
      else return false;
      return true;
    },
  };
}
