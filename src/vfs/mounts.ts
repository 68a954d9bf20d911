import type { MemoryVolumeOptions } from "./memory-volume.js";
import { checkMounts, type Mount, plainGuestPath } from "./mount-spec.js";
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
 * Opens a mount's host directory, to be changed only in the mode `rw`. Fails with a `MountError`. What it does belongs
 * to the platform; see `node/files/host-mounts.ts`.
 */
export type OpenHostDirectory = (mount: Mount) => Volume;

/**
 * Opens host directories for one file system. What overlays keep in memory is as `overlayOptions` say; without a
 * `budget` to share, each has limits of its own. Fails with a `MountError`, and holds nothing open then.
 */
export function openMounts(
  mounts: readonly Mount[],
  openHostDirectory: OpenHostDirectory,
  overlayOptions: MemoryVolumeOptions = {},
): OpenedMounts {
  checkMounts(mounts);
  const opened: MountedVolume[] = [];
  const overlays: Array<{ path: string; volume: OverlayVolume }> = [];
  try {
    for (const mount of mounts) {
      const path = plainGuestPath(mount.guestPath);
      const host = openHostDirectory(mount);
      opened.push({ path, volume: host });
      if (mount.mode !== "overlay") continue;
      const volume = createOverlayVolume(host, overlayOptions);
      opened[opened.length - 1] = { path, volume };
      overlays.push({ path, volume });
    }
  } catch (error) {
    for (const { volume } of opened) volume.close();
    throw error;
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
