import { createHostVolume } from "../node/files/host-volume.js";
import type { MemoryBudget } from "./memory-budget.js";
import { checkMounts, type Mount, MountError, plainGuestPath } from "./mount-spec.js";
import type { MountedVolume } from "./namespace.js";
import { createOverlayVolume, type OverlayChanges, type OverlayVolume } from "./overlay-volume.js";
import type { Volume } from "./volume.js";

export interface OpenedMounts {
  /** What is mounted at `/`, if a mount asks for that. It takes the place of the session's own root. */
  readonly root: Volume | undefined;
  /** The others, for `createFileSystem`, which closes them with itself. */
  readonly mounts: readonly MountedVolume[];
  /** What the guest has changed on the overlays, as guest paths. */
  changes(): OverlayChanges;
}

/**
 * Opens host directories for one file system. Overlays share `overlayBudget`; absent, each has the default limits
 * of its own. Fails with a `MountError`, and holds nothing open then.
 */
export function openMounts(mounts: readonly Mount[], overlayBudget?: MemoryBudget): OpenedMounts {
  checkMounts(mounts);
  const opened: MountedVolume[] = [];
  const overlays: Array<{ path: string; volume: OverlayVolume }> = [];
  try {
    for (const { hostPath, guestPath, mode } of mounts) {
      const path = plainGuestPath(guestPath);
      const host = createHostVolume(hostPath, { writable: mode === "rw" });
      opened.push({ path, volume: host });
      if (mode !== "overlay") continue;
      const volume = createOverlayVolume(host, overlayBudget === undefined ? {} : { budget: overlayBudget });
      opened[opened.length - 1] = { path, volume };
      overlays.push({ path, volume });
    }
  } catch (cause) {
    for (const { volume } of opened) volume.close();
    const failed = mounts[opened.length];
    throw new MountError(`mount ${JSON.stringify(failed?.hostPath)}: the host directory cannot be opened`, {
      cause,
    });
  }
  return {
    root: opened.find(({ path }) => path === "/")?.volume,
    mounts: opened.filter(({ path }) => path !== "/"),
    changes() {
      const all = overlays.map(({ path, volume }) => volume.changes(path));
      return {
        added: all.flatMap(({ added }) => added).sort(),
        modified: all.flatMap(({ modified }) => modified).sort(),
        deleted: all.flatMap(({ deleted }) => deleted).sort(),
      };
    },
  };
}
