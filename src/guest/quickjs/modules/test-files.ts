import { createFileSystem } from "../../../vfs/file-system.js";
import { createMemoryVolume } from "../../../vfs/memory-volume.js";
import type { FileSystem } from "../../../vfs/types.js";

/** For tests: files in memory by their absolute paths, with the directories above them. What is no text is written as JSON. */
export function filesForTest(contents: Readonly<Record<string, string | object>>): FileSystem {
  const fileSystem = createFileSystem({ root: createMemoryVolume() });
  const made = new Set<string>();
  for (const [path, content] of Object.entries(contents)) {
    const parts = path.split("/").slice(1, -1);
    for (let count = 1; count <= parts.length; count++) {
      const directory = `/${parts.slice(0, count).join("/")}`;
      if (!made.has(directory)) fileSystem.makeDirectory(directory);
      made.add(directory);
    }
    const file = fileSystem.open(path, { write: true, create: true });
    file.write(new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content)));
    file.close();
  }
  return fileSystem;
}
