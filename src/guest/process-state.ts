import type { DoorsState } from "../abi/doors.js";
import type { LinkedState } from "../abi/emscripten/linker/libraries.js";
import type { Linker } from "../abi/emscripten/linker/linker.js";
import type { DescriptorTable } from "../vfs/descriptors.js";
import { MemoryDirectory, MemoryFile } from "../vfs/memory-nodes.js";
import type { MemoryVolume } from "../vfs/memory-volume.js";
import { checkPath } from "../vfs/names.js";
import { RegularFile } from "../vfs/regular-file.js";
import type { FileSystem, OpenFile } from "../vfs/types.js";
import type { Suspension } from "./host-line.js";

/** What the host holds for a guest outside its memory, in a form that can be stored. */
export interface ProcessState {
  /** An absolute guest path. */
  readonly workingDirectory: string;
  readonly descriptors: readonly DescriptorState[];
  readonly doors: DoorsState;
  /** Native libraries. Absent: none. */
  readonly linked?: LinkedState;
  /** Absent: it waits for no answer. */
  readonly suspension?: Suspension;
}

/** A descriptor of a file in memory. Two with the same `description` share one position. */
export interface DescriptorState {
  readonly descriptor: number;
  readonly description: number;
  readonly inode: number;
  readonly position: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
}

/** A guest's process as the host keeps it. */
export interface GuestProcess {
  readonly descriptors: DescriptorTable;
  workingDirectory: OpenFile;
  /** Absent: the guest cannot load native libraries. */
  readonly linker?: Linker | undefined;
}

/** Descriptors below this one are the session's own: the standard streams. */
const firstOwnDescriptor = 3;

/** Files on mounts, pipes and files without a name cannot be stored; after a restore they are closed. */
export function saveProcess(
  process: GuestProcess,
  fileSystem: FileSystem,
): Omit<ProcessState, "doors" | "suspension"> {
  const { descriptors } = process;
  const descriptions = new Map<OpenFile, number>();
  const saved: DescriptorState[] = [];
  for (const descriptor of descriptors.numbers()) {
    const file = descriptors.get(descriptor);
    if (descriptor < firstOwnDescriptor || !(file instanceof RegularFile)) continue;
    if (!(file.content instanceof MemoryFile)) continue;
    const description = descriptions.get(file) ?? descriptions.size;
    descriptions.set(file, description);
    const { readable: read, writable: write, append, position } = file;
    saved.push({
      descriptor,
      description,
      inode: Number(file.content.metadata.inode),
      position,
      read,
      write,
      append,
    });
  }
  const linked = process.linker?.save();
  return {
    workingDirectory: workingDirectoryOf(process, fileSystem),
    descriptors: saved,
    ...(linked === undefined ? {} : { linked }),
  };
}

/** The root where the directory is gone, or too deep for a path. */
function workingDirectoryOf(process: GuestProcess, fileSystem: FileSystem): string {
  try {
    const path = fileSystem.pathOf(process.workingDirectory);
    checkPath(path);
    return path;
  } catch {
    return "/";
  }
}

/**
 * Opens again what `saveProcess` stored. Files that are not there any more are left out; libraries must be as they were,
 * and a `LinkError` says which is not.
 */
export function restoreProcess(
  process: GuestProcess,
  state: ProcessState,
  fileSystem: FileSystem,
  volume: MemoryVolume,
): void {
  if (state.linked !== undefined) {
    if (process.linker === undefined) throw new TypeError("this interpreter loads no native libraries");
    process.linker.restore(state.linked);
  }
  const files = filesByInode(volume);
  const descriptions = new Map<number, OpenFile>();
  for (const saved of state.descriptors) {
    const node = files.get(saved.inode);
    if (node === undefined) continue;
    let file = descriptions.get(saved.description);
    if (file === undefined) {
      file = node.open({ read: saved.read, write: saved.write, append: saved.append });
      file.seek(saved.position, "start");
      descriptions.set(saved.description, file);
    }
    const opened = process.descriptors.add(file);
    if (opened === saved.descriptor) continue;
    process.descriptors.duplicateTo(opened, saved.descriptor);
    process.descriptors.close(opened);
  }
  const directory = openDirectory(fileSystem, state.workingDirectory);
  if (directory === undefined) return;
  process.workingDirectory.close();
  process.workingDirectory = directory;
}

function openDirectory(fileSystem: FileSystem, path: string): OpenFile | undefined {
  try {
    return fileSystem.open(path, { read: true, directory: true });
  } catch {
    return undefined;
  }
}

function filesByInode(volume: MemoryVolume): Map<number, MemoryFile> {
  const files = new Map<number, MemoryFile>();
  const directories = new Set([volume.root]);
  for (const directory of directories) {
    for (const node of directory.entries.values()) {
      if (node instanceof MemoryDirectory) directories.add(node);
      else if (node instanceof MemoryFile) files.set(Number(node.metadata.inode), node);
    }
  }
  return files;
}
