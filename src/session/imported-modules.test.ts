import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createSession } from "../node/sessions.js";

test("modules that appear on a mount are found, also after an import that failed", async () => {
  const root = mkdtempSync(join(tmpdir(), "modules-"));
  try {
    mkdirSync(join(root, "mods"));
    const mounts = [{ hostPath: join(root, "mods"), guestPath: "/mods" }];
    const session = await createSession("python", { mounts, env: { PYTHONPATH: "/mods" } });
    assert.equal((await session.run("import late")).exception?.type, "ModuleNotFoundError");
    writeFileSync(join(root, "mods", "late.py"), "import importlib.resources as r\nvalue = 42\n");
    assert.equal(
      (await session.run("import importlib; importlib.invalidate_caches(); import late; late.value")).result,
      "42",
    );
    mkdirSync(join(root, "mods", "whole"));
    writeFileSync(join(root, "mods", "whole", "__init__.py"), "");
    writeFileSync(join(root, "mods", "whole", "note.txt"), "a note");
    mkdirSync(join(root, "mods", "made-1.5.dist-info"));
    writeFileSync(
      join(root, "mods", "made-1.5.dist-info", "METADATA"),
      "Metadata-Version: 2.1\nName: made\nVersion: 1.5\n",
    );
    const code = `
importlib.invalidate_caches()
import importlib.metadata as m, importlib.resources as r, pkgutil, whole
(m.version("made"), r.files("whole").joinpath("note.txt").read_text(),
 sorted(x.name for x in pkgutil.iter_modules(["/mods"])))`;
    const { result, error } = await session.run(code);
    assert.equal(error, undefined);
    assert.equal(result, "('1.5', 'a note', ['late', 'whole'])");
    await session.close();
  } finally {
    rmSync(root, { recursive: true });
  }
});
