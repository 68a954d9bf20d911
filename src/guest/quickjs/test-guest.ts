import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Doors, openDoors } from "../../abi/doors.js";
import { loadTypeStripper } from "../../node/runtimes/type-stripper.js";
import type { FileSystem, OpenFile } from "../../vfs/types.js";
import type { Guest, GuestHost, Signals } from "../guest.js";
import type { HostLine } from "../host-line.js";
import type { Image } from "../image.js";
import { assembleDriver, bootQuickJs, driverFiles } from "./boot.js";
import { createQuickJsGuest } from "./guest.js";
import { leanQuickJs } from "./lean-quickjs.js";

/** For tests: the package's module, booted once for each test file, and made lean. */
export function bootForTest(): { module: WebAssembly.Module; image: Image } {
  const path = createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm");
  const bytes = readFileSync(path);
  // Tests run from build/, the driver's files stay in src/.
  const folder = new URL("../../../src/guest/quickjs/driver/", import.meta.url);
  const files = driverFiles.map((name) => readFileSync(new URL(name, folder), "utf8"));
  const image = bootQuickJs(new WebAssembly.Module(bytes), assembleDriver(files));
  return { module: new WebAssembly.Module(leanQuickJs(bytes, image)), image };
}

export interface TestGuest extends Guest {
  /** What has been written since the last call. */
  stdout(): string;
  stderr(): string;
  /** Runs a cell named `<cell>`. */
  cell(code: string): ReturnType<Guest["run"]>;
  program(code: string, filename?: string): ReturnType<Guest["run"]>;
}

export interface TestGuestOptions {
  readonly stdin?: string;
  readonly memoryBytes?: number;
  readonly signals?: Signals;
  readonly fileSystem?: FileSystem;
  readonly cwd?: string;
  readonly doors?: Doors;
  readonly stackBytes?: number;
  readonly builtins?: Readonly<Record<string, string>>;
  readonly line?: HostLine;
  /** The most bytes that one write takes. */
  readonly writeBytes?: number;
}

export function createTestGuest(
  { module, image }: { module: WebAssembly.Module; image: Image },
  options: TestGuestOptions = {},
): TestGuest {
  const stdout = collect(options.writeBytes);
  const stderr = collect(options.writeBytes);
  const host: GuestHost = {
    fileSystem: options.fileSystem ?? ({} as FileSystem),
    stdin: source(options.stdin ?? ""),
    stdout: stdout.file,
    stderr: stderr.file,
    ...(options.doors ?? openDoors()),
    signals: options.signals ?? { take: () => 0, wait: waitWithoutNotice },
    loadTypeStripper,
    memoryBytes: options.memoryBytes ?? 256 * 1024 * 1024,
    ...(options.line === undefined ? {} : { line: options.line }),
  };
  const guest = createQuickJsGuest(module, image, host, {
    ...(options.stackBytes === undefined ? {} : { stackBytes: options.stackBytes }),
    ...(options.builtins === undefined ? {} : { builtins: options.builtins }),
  });
  guest.start({ args: ["jsrunner", "a b"], env: { NAME: "value" }, cwd: options.cwd ?? "/" });
  return {
    start: (start) => guest.start(start),
    inspect: (request) => guest.inspect(request),
    run: (request) => guest.run(request),
    hasRoom: () => guest.hasRoom(),
    memory: guest.memory,
    stdout: stdout.take,
    stderr: stderr.take,
    cell: (code) => guest.run({ mode: "cell", code, filename: "<cell>" }),
    program: (code, filename = "[eval]") => guest.run({ mode: "program", code, filename }),
  };
}

function waitWithoutNotice(timeoutMs: number): boolean {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeoutMs);
  return false;
}

function collect(writeBytes = Number.POSITIVE_INFINITY): { file: OpenFile; take(): string } {
  let chunks: Uint8Array[] = [];
  const write = (bytes: Uint8Array): number => {
    const part = bytes.slice(0, writeBytes);
    chunks.push(part);
    return part.length;
  };
  const take = () => {
    const text = Buffer.concat(chunks).toString();
    chunks = [];
    return text;
  };
  return { file: { type: "character", writable: true, write } as unknown as OpenFile, take };
}

function source(text: string): OpenFile {
  let rest = Buffer.from(text);
  const read = (buffer: Uint8Array): number => {
    // Small pieces, so that lines and characters are split between reads.
    const part = rest.subarray(0, Math.min(buffer.length, 5));
    buffer.set(part);
    rest = rest.subarray(part.length);
    return part.length;
  };
  return { type: "fifo", readable: true, read } as unknown as OpenFile;
}
