import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPlace } from "../../node/files/file-place.js";
import { fileProblem } from "../../node/files/file-problems.js";
import { openOutside } from "../../node/files/outside-mounts.js";
import { readWhole, writeWhole } from "../../node/files/whole-file.js";
import type { Mount } from "../../vfs/mount-spec.js";

/** More than anybody writes by hand. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Has a text edited in a temporary file, and gives what has become of it.
 *
 * @param editor A command of the shell, as `$EDITOR` has it.
 * @param name The name of the file, by which editors know the language.
 * @throws An error of one line if it cannot be: also if the directory for temporary files lies in a mount of the
 * guest's that can be written.
 */
export function editText(text: string, editor: string, name: string, mounts: readonly Mount[]): string {
  const directory = tmpdir();
  try {
    // The folder is made, and removed with what is in it, by its path: nobody else must be able to change that.
    openOutside(join(directory, name), mounts).close();
  } catch (error) {
    const problem = fileProblem("use", directory, error);
    throw problem === undefined ? error : new Error(`${problem} (TMPDIR can name another directory)`);
  }
  const folder = mkdtempSync(join(directory, "wasm-repl-"));
  try {
    return editFile(join(folder, name), text, editor);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function editFile(path: string, text: string, editor: string): string {
  const place = openPlace(path);
  try {
    writeWhole(place, Buffer.from(text), { durable: false });
    // The variable may hold options as well, so it is the shell's to split; the file is its argument.
    const { status, error } = spawnSync("/bin/sh", ["-c", `${editor} "$1"`, "sh", path], {
      stdio: "inherit",
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`the editor ended with code ${status}; nothing was taken over`);
    const edited = readWhole(place, mostBytes);
    if (edited === undefined) throw new Error("the editor left no file; nothing was taken over");
    return edited.toString();
  } catch (error) {
    const problem = fileProblem("use", path, error);
    throw problem === undefined ? error : new Error(problem);
  } finally {
    place.close();
  }
}
