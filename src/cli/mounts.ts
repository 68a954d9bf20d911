import { createFileSystem } from "../vfs/file-system.js";
import { createMemoryVolume } from "../vfs/memory-volume.js";
import type { MountedVolume } from "../vfs/namespace.js";
import type { FileSystem } from "../vfs/types.js";
import type { Volume } from "../vfs/volume.js";
import type { Mount } from "./wasirun-arguments.js";

/** The host directories as one file system. Below no mount there is nothing, and nothing can be made there. */
export async function openMounts(mounts: readonly Mount[]): Promise<FileSystem> {
  let root: Volume = createMemoryVolume({ maxNodes: 0 });
  const others: MountedVolume[] = [];
  for (const mount of mounts) {
    const volume = await openVolume(mount);
    if (mount.guestPath === "/") root = volume;
    else others.push({ path: mount.guestPath, volume });
  }
  return createFileSystem({ root, mounts: others });
}

async function openVolume({ hostPath, mode }: Mount): Promise<Volume> {
  const { createHostVolume } = await import("../vfs/host-volume.js");
  return createHostVolume(hostPath, { writable: mode === "rw" });
}
