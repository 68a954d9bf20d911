// Packages: starting with prepared ones, importing many modules, linking a large native one. The wheels are made here.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeWheel } from "../build/packages/test-wheels.js";
import { sideModule } from "../build/session/test-side-modules.js";
import { createSession } from "../dist/index.js";
import { alternate, processMs, processOutput } from "./measure.mjs";
import { command } from "./paths.mjs";

const moduleCount = 200;
const nativeBytes = 700_000;

export async function packages({ runs }) {
  const root = mkdtempSync(join(tmpdir(), "bench-packages-"));
  const { XDG_CACHE_HOME: before } = process.env;
  process.env.XDG_CACHE_HOME = join(root, "cache");
  try {
    return await measure(root, runs);
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
    rmSync(root, { recursive: true });
  }
}

async function measure(root, runs) {
  const modules = Object.fromEntries(
    Array.from({ length: moduleCount }, (_, index) => [`many/part${index}.py`, source(index)]),
  );
  const imports = Array.from({ length: moduleCount }, (_, index) => `from . import part${index}\n`).join("");
  const files = { ...modules, "many/__init__.py": imports };
  const native = { "large.so": largeModule() };
  const tag = "cp314-cp314-pyemscripten_2026_0_wasm32";
  for (const wheel of [
    makeWheel({ name: "many", files }),
    makeWheel({ name: "large", tag, files: native }),
  ]) {
    writeFileSync(join(root, wheel.file), wheel.bytes);
  }
  mkdirSync(join(root, "plain", "many"), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, "plain", path), text);

  const wanted = (name) => ({ requirements: [name], findLinks: [root] });
  const importing = async (name) => {
    const session = await createSession("python", { packages: wanted(name) });
    try {
      const { stdout } = await session.run(timed(name));
      return Number(stdout) * 1000;
    } finally {
      await session.close();
    }
  };
  const python = () =>
    processOutput("python3", [
      "-c",
      `import sys; sys.path.insert(0, ${JSON.stringify(join(root, "plain"))})\n${timed("many")}`,
    ]);
  const hasPython = await python().then(
    () => true,
    () => false,
  );
  const start = ["--with", "many", "--find-links", root, "--prepare", "-c", "import many"];
  const starts = await alternate(runs, {
    ours: () => processMs(command("pyrunner"), start),
    other: () => processMs(command("pyrunner"), ["-c", "pass"]),
  });
  const pure = await alternate(runs, {
    ours: () => importing("many"),
    other: async () => (hasPython ? Number(await python()) * 1000 : Number.NaN),
  });
  const linked = await alternate(runs, { ours: () => importing("large"), other: async () => 0 });
  return [
    {
      what: "pyrunner with prepared packages",
      ...starts,
      otherName: "without packages",
      unit: "ms",
      goal: 1.3,
    },
    hasPython
      ? {
          what: `importing a package of ${moduleCount} modules`,
          ...pure,
          otherName: "python3",
          unit: "ms",
          goal: 1.5,
        }
      : { what: `importing a package of ${moduleCount} modules`, ours: pure.ours, unit: "ms" },
    { what: "importing a native module of 700 kB", ours: linked.ours, unit: "ms", goal: 10 },
  ];
}

const timed = (name) =>
  `import time; t = time.perf_counter(); import ${name}; print(time.perf_counter() - t)`;

function source(index) {
  const functions = Array.from(
    { length: 10 },
    (_, each) => `def f${each}(x, y=${index}):\n    return [x, y, ${each}]\n`,
  );
  return `"""Part ${index}."""\nimport functools\n\nclass Part:\n    """A part."""\n    number = ${index}\n\n${functions.join("\n")}`;
}

function largeModule() {
  const body = "(i32.xor (local.get 0) (i32.const 123456789))";
  const one = Array.from({ length: 90 }, () => `(local.set 0 ${body})`).join("");
  const count = Math.ceil(nativeBytes / (90 * 10));
  const functions = Array.from(
    { length: count },
    (_, index) => `(func (export "work${index}") (param i32) (result i32) ${one} (local.get 0))`,
  );
  return sideModule({ name: "large", fields: functions.join("\n") });
}
