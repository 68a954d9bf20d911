import type { MemoryVolumeOptions } from "./memory-volume.js";
import { checkMounts, type Mount, plainGuestPath } from "./mount-spec.js";
import type { MountedVolume } from "./namespace.js";
import { createOverlayVolume, type OverlayVolume } from "./overlay-volume.js";
import type { Volume } from "./volume.js";

export interface OpenedMounts {
  /** What is mounted at `/`, if a mount asks for that. It takes the place of the session's own root. */
  readonly root: Volume | undefined;
  /** The others, for `createFileSystem`, which closes them with itself. */
  readonly mounts: readonly MountedVolume[];
  /** The overlays, with the guest paths that they are mounted at. */
  readonly overlays: ReadonlyArray<{ readonly path: string; readonly volume: OverlayVolume }>;
}

/**
 * Opens the host directories of mounts, in their order, to be changed only in the mode `rw`. Fails with a `MountError`,
 * and holds nothing open then. What it does belongs to the platform; see `node/files/host-mounts.ts`.
 */
export type OpenHostDirectories = (mounts: readonly Mount[]) => readonly Volume[];

/**
 * Opens host directories for one file system. What overlays keep in memory is as `overlayOptions` say; without a
 * `budget` to share, each has limits of its own. Fails with a `MountError`, and holds nothing open then.
 */
export function openMounts(
  mounts: readonly Mount[],
  openHostDirectories: OpenHostDirectories,
  overlayOptions: MemoryVolumeOptions = {},
): OpenedMounts {
  checkMounts(mounts);
  const overlays: Array<{ path: string; volume: OverlayVolume }> = [];
  const opened: MountedVolume[] = openHostDirectories(mounts).map((host, index) => {
    const { guestPath, mode } = mounts[index] as Mount;
    const path = plainGuestPath(guestPath);
    if (mode !== "overlay") return { path, volume: host };
    const volume = createOverlayVolume(host, overlayOptions);
    overlays.push({ path, volume });
    return { path, volume };
  });
  return {
    root: opened.find(({ path }) => path === "/")?.volume,
    mounts: opened.filter(({ path }) => path !== "/"),
    overlays,
  };
}
