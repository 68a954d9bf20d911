// Makes dist/playground/: a page with all that it needs, which any static host can serve under any path.
import { createHash } from "node:crypto";
import { constants, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";

/** What the manifest of the interpreters' files names, and itself; see docs/browser.md. */
function runtimeFiles(manifest) {
  const named = (value) =>
    typeof value !== "object" ? [] : "file" in value ? [value.file] : Object.values(value).flatMap(named);
  return ["browser.json", ...named(manifest)];
}

/** @param root The repository's. Everything else in dist/ is there. */
export async function buildPlayground(root) {
  const source = join(root, "playground");
  const target = join(root, "dist/playground");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, "runtimes"), { recursive: true });
  const runtimes = join(root, "dist/runtimes");
  for (const file of runtimeFiles(JSON.parse(readFileSync(join(runtimes, "browser.json"), "utf8")))) {
    copyFileSync(join(runtimes, file), join(target, "runtimes", file), constants.COPYFILE_FICLONE);
  }
  /** Writes a file under a name that holds a part of its hash, so that caches may keep it. */
  const put = (name, ending, bytes) => {
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    writeFileSync(join(target, `${name}-${hash}.${ending}`), bytes);
    return `${name}-${hash}.${ending}`;
  };
  const worker = put("worker", "js", readFileSync(join(root, "dist/browser/worker.js")));
  const bundled = (entry, options) =>
    bundle({
      absWorkingDir: root,
      entryPoints: [join(source, entry)],
      bundle: true,
      minify: true,
      write: false,
      target: "es2023",
      format: "esm",
      legalComments: "none",
      logLevel: "warning",
      ...options,
    });
  const script = await bundled("main.ts", { define: { WORKER_FILE: JSON.stringify(worker) } });
  const style = await bundled("style.css", {});
  // By a name that stays: browsers ask by themselves whether it is still the same.
  const isolation = await bundled("isolation-worker.ts", {});
  writeFileSync(join(target, "isolation.js"), isolation.outputFiles[0].contents);
  const names = {
    "main.js": put("main", "js", script.outputFiles[0].contents),
    "style.css": put("style", "css", style.outputFiles[0].contents),
    "icon.svg": put("icon", "svg", readFileSync(join(source, "icon.svg"))),
  };
  const page = readFileSync(join(source, "index.html"), "utf8").replace(
    /"(main\.js|style\.css|icon\.svg)"/g,
    (_, name) => `"${names[name]}"`,
  );
  writeFileSync(join(target, "index.html"), page);
}
