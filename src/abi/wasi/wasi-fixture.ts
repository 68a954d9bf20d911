import { type Errno, errnoNumbers } from "../../errno.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import type { GuestMemory } from "../guest-memory.js";
import { systemRandomness } from "../randomness.js";
import type { WasiHost } from "./host.js";
import { createWasi, type Wasi } from "./imports.js";
import { allRights } from "./rights.js";

/** For tests only: a guest that is a bare memory, whose system calls the test makes itself. */

export interface Fixture {
  readonly wasi: Wasi;
  readonly memory: GuestMemory;
  readonly linear: WebAssembly.Memory;
  readonly host: WasiHost;
  /** What the guest wrote to standard output. */
  readonly output: Uint8Array[];
  /** Every wait that the guest asked for, in milliseconds. */
  readonly waits: number[];
  /** Calls an import and names the outcome. */
  call(name: string, ...args: Array<number | bigint>): Errno | "OK";
  /** As `call`, for calls that must succeed. */
  succeed(name: string, ...args: Array<number | bigint>): void;
  /** Puts text into the memory: its pointer and length, as two arguments. */
  text(value: string | Uint8Array): [pointer: number, length: number];
  /** Room for `length` bytes. */
  room(length: number): number;
  /** Opens a path beneath descriptor 3; by default with all rights, so for reading and writing. */
  open(path: string, oflags?: number, base?: number, fdflags?: number): number;
}

const errnoNames = new Map<number, Errno>(
  Object.entries(errnoNumbers).map(([name, number]) => [number, name as Errno]),
);

export function createFixture(overrides: Partial<WasiHost> = {}): Fixture {
  const output: Uint8Array[] = [];
  const waits: number[] = [];
  let nowNs = 1_700_000_000_000_000_000n;
  const host: WasiHost = {
    args: ["program", "one", "zwei ü"],
    env: { HOME: "/", LANG: "C" },
    fileSystem: createFileSystem({ root: createMemoryVolume() }),
    stdin: createStreamFile({ read: () => 0, type: "fifo" }),
    stdout: createStreamFile({ write: (bytes) => output.push(bytes.slice()) && bytes.length, type: "fifo" }),
    stderr: createStreamFile({ write: (bytes) => bytes.length, terminal: true }),
    preopens: [{ path: "/" }],
    clocks: {
      realtimeNs: () => nowNs,
      monotonicNs: () => nowNs,
      cpuNs: () => 5n,
      sleep: (timeoutMs, wait) => wait(timeoutMs),
      isVirtual: false,
    },
    randomness: systemRandomness(),
    wait(timeoutMs) {
      waits.push(timeoutMs);
      nowNs += BigInt(Math.ceil(timeoutMs * 1e6));
      return false;
    },
    ...overrides,
  };
  const wasi = createWasi(host);
  const linear = new WebAssembly.Memory({ initial: 4, maximum: 32 });
  wasi.memory.attach(linear);
  const { memory } = wasi;
  let used = 1024;

  function room(length: number): number {
    const pointer = used;
    used += Math.ceil(length / 8) * 8;
    return pointer;
  }

  function call(name: string, ...args: Array<number | bigint>): Errno | "OK" {
    const implementation = wasi.imports[name] as ((...args: unknown[]) => number) | undefined;
    if (implementation === undefined) throw new Error(`no import ${name}`);
    const number = implementation(...args);
    return number === 0 ? "OK" : (errnoNames.get(number) as Errno);
  }

  function succeed(name: string, ...args: Array<number | bigint>): void {
    const outcome = call(name, ...args);
    if (outcome !== "OK") throw new Error(`${name} gave ${outcome}`);
  }

  function text(value: string | Uint8Array): [number, number] {
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    const pointer = room(bytes.length);
    memory.bytes(pointer, bytes.length).set(bytes);
    return [pointer, bytes.length];
  }

  function open(path: string, oflags = 0, base = allRights, fdflags = 0): number {
    const result = room(4);
    const inheriting = wasi.descriptors.get(3).inheriting;
    const wanted = BigInt(base & inheriting);
    succeed("path_open", 3, 1, ...text(path), oflags, wanted, BigInt(inheriting), fdflags, result);
    return memory.u32(result);
  }

  return { wasi, memory, linear, host, output, waits, call, succeed, text, room, open };
}
