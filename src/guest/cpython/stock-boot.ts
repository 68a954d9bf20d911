import { importMemory } from "../../wasm/imported-memory.js";
import { rewriteModule } from "../../wasm/rewrite.js";
import { GuestExit, type GuestHost } from "../guest.js";
import { captureImage, type Image } from "../image.js";
import { memoryImport } from "../image-memory.js";
import { tellingRefusals } from "../refusals.js";
import { immortalise } from "./addresses.js";
import { maxReportBytes, prepareFunction, readReport } from "./prepare-code.js";
import { instantiateStock, stackPointerExport, stockMemory, tableExport } from "./stock-instance.js";

export interface StockBoot {
  /** Must show the library at `PREFIX/lib/python3.X`. */
  readonly host: GuestHost;
  readonly prefix: string;
  readonly driver: string;
  /** Imported into the image, where the build has them. */
  readonly modules: readonly string[];
}

/** Thrown through the interpreter's stack when it is to stay as it is. */
class Parked extends GuestExit {}

/**
 * A stock build's command as a module that gives its parts away: its function table and stack pointer, which linkers
 * put at index 0, become exports, and its memory an import.
 *
 * @param lean Without data, since the memory comes from an image; and it tells when it was refused memory.
 * @throws MalformedModuleError, or a RangeError if its memory cannot be imported.
 */
export function openStockModule(bytes: Uint8Array, lean: boolean) {
  const open = rewriteModule(lean ? tellingRefusals(bytes) : bytes, {
    keepExports: (name) => !lean && name === "_start",
    addExports: [
      { name: tableExport, kind: "table", index: 0 },
      { name: stackPointerExport, kind: "global", index: 0 },
    ],
    emptyData: lean,
  });
  return importMemory(open, memoryImport);
}

/**
 * Boots the command with code that never returns: it makes the driver's entry function, reports its address, and
 * asks for the time. From that call the host throws, and the interpreter, which is all in linear memory, stays as
 * if it were still inside it. From then on the entry function can be called through the table, again and again.
 */
export function captureStock(
  module: WebAssembly.Module,
  initialPages: number,
  { host, prefix, driver, modules }: StockBoot,
): Image {
  const { clocks } = host;
  let entry = Number.NaN;
  const instance = instantiateStock(module, host, {
    args: ["python", "-c", bootCode],
    env: { PYTHONHOME: prefix, PYTHONUTF8: "1", PYTHONDONTWRITEBYTECODE: "1", HOME: "/home/user" },
    memory: stockMemory(initialPages, host.memoryBytes),
    clocks: {
      ...clocks,
      realtimeNs() {
        const report = instance.channel.take();
        if (report === undefined) return clocks.realtimeNs();
        entry = readReport(report);
        throw new Parked(0);
      },
    },
  });
  instance.channel.put({ driver, modules, optional: true }, maxReportBytes);
  try {
    instance.start();
  } catch (error) {
    if (!(error instanceof Parked)) throw error;
  }
  if (!Number.isInteger(entry)) throw new Error("it ended before the driver was ready");
  immortalise(instance.memory, entry);
  return captureImage(instance.memory, instance.stackPointer.value, { entry });
}

const bootCode = `
${prepareFunction}
def boot(prepare):
    import time
    entry = prepare()
    time.time()
boot(prepare)
`;

/** Asks a stock build for its version, which needs no library. `collect` takes what was printed. */
export function stockVersion(
  module: WebAssembly.Module,
  initialPages: number,
  host: GuestHost,
  printed: () => string,
): string {
  const memory = stockMemory(initialPages, host.memoryBytes);
  const instance = instantiateStock(module, host, { args: ["python", "-V"], memory });
  try {
    instance.start();
  } catch (error) {
    if (!(error instanceof GuestExit)) throw error;
  }
  const match = /^Python (3\.\d+\.\S+)/.exec(printed());
  if (match === null) throw new Error("it is not CPython: -V does not print its version");
  return match[1] as string;
}
