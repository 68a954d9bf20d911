import type { Runtime } from "../../engine/runtime.js";
import { packageError } from "../../packages/package-error.js";
import { guestOptions } from "../../session/options.js";
import { startThread } from "../threads/start-thread.js";

/** Longer than any set takes to import on a busy machine. */
const longestImportMs = 300_000;

/**
 * The image of a guest that has imported the modules of some packages. What cannot be imported is left to sessions, which
 * then say why. Time and chance are fixed meanwhile, so that the same packages give the same image.
 *
 * @param names Of packages.
 */
export async function importAhead(runtime: Runtime, names: readonly string[]): Promise<Uint8Array> {
  const thread = startThread();
  const timer = setTimeout(() => void thread.terminate(), longestImportMs);
  try {
    await thread.open(runtime, guestOptions({ checkpoints: false, deterministic: { seed: "packages" } }));
    const code = `${importCode}\n(lambda f: f(${JSON.stringify(names)}))(globals().pop("import_packages"))\n`;
    const { ended } = await thread.run({ mode: "program", code, filename: "<packages>" });
    if (ended !== undefined) throw packageError(`the packages cannot be imported ahead: ${ended.detail}`);
    return await thread.image();
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

const importCode = `
def import_packages(names):
    import gc, importlib, importlib.metadata, sys
    modules = set()
    for name in names:
        for file in importlib.metadata.files(name) or ():
            head, *rest = file.parts
            stem = head.split(".")[0]
            is_module = head.endswith((".py", ".so")) if not rest else file.name == "__init__.py" and len(rest) == 1
            if is_module and stem.isidentifier() and not stem.startswith("_"):
                modules.add(stem)
    for module in sorted(modules):
        try:
            importlib.import_module(module)
        except Exception:
            pass
    gc.collect()
    gc.freeze()
`;
