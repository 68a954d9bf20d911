import { ErrnoError } from "../../errno.js";
import { GuestCrash, GuestExit } from "../../guest-end.js";
import { readClock, toMs } from "../clocks.js";
import { maxPathBytes } from "../guest-memory.js";
import {
  type EmscriptenHost,
  type ImportFunction,
  silentCall,
  systemCall,
  toOffset,
  wasiCall,
} from "./host.js";
import { readBrokenDownTime, writeBrokenDownTime } from "./layout.js";

const interruptSignal = 2;
/** The most that 32 bits can tell, in whole pages. */
const maxMemoryBytes = 0xffff_0000;

/** The environment, memory, time, signals and the ends of a process. */
export function processCalls(host: EmscriptenHost): Record<string, ImportFunction> {
  const { memory, clocks } = host;
  const environment = Object.entries(host.env).map(([name, value]) =>
    new TextEncoder().encode(`${name}=${value}\0`),
  );
  const brokenDown = silentCall(undefined, (seconds: bigint, result: number) =>
    writeBrokenDownTime(memory, result, Number(seconds)),
  );
  const combined = silentCall(-1n, (time: number) => readBrokenDownTime(memory, time));

  return {
    environ_sizes_get: wasiCall((count: number, bytes: number) => {
      memory.setU32(count, environment.length);
      memory.setU32(
        bytes,
        environment.reduce((sum, entry) => sum + entry.length, 0),
      );
    }),
    environ_get: wasiCall((pointers: number, buffer: number) => {
      let target = buffer;
      for (const [index, entry] of environment.entries()) {
        memory.setU32(pointers + 4 * index, target);
        memory.bytes(target, entry.length).set(entry);
        target += entry.length;
      }
    }),
    _emscripten_get_progname: silentCall(undefined, (buffer: number, size: number) => {
      const name = new TextEncoder().encode("python\0").subarray(0, size >>> 0);
      memory.bytes(buffer, name.length).set(name);
    }),

    emscripten_get_heap_max: () => Math.min(host.memoryBytes, maxMemoryBytes) | 0,
    // 0 makes malloc fail and the guest raise MemoryError.
    emscripten_resize_heap: (wanted: number) => {
      const bytes = wanted >>> 0;
      if (bytes <= host.memoryBytes && host.guest().grow(bytes)) return 1;
      host.onMemoryRefused?.();
      return 0;
    },
    _mmap_js: systemCall(
      (
        length: number,
        _protection: number,
        _flags: number,
        descriptor: number,
        offset: bigint,
        allocated: number,
        address: number,
      ) => {
        const file = host.descriptors.get(descriptor);
        const start = toOffset(offset, "EINVAL");
        const bytes = length >>> 0;
        memory.check(allocated, 4);
        memory.check(address, 4);
        if (bytes > host.memoryBytes) {
          host.onMemoryRefused?.();
          throw new ErrnoError("ENOMEM");
        }
        const pointer = host.guest().allocatePages(bytes);
        if (pointer === 0) throw new ErrnoError("ENOMEM");
        for (let done = 0; done < bytes; ) {
          const read = file.read(memory.bytes(pointer + done, bytes - done), start + done);
          if (read === 0) break;
          done += read;
        }
        memory.setU32(allocated, 1);
        memory.setU32(address, pointer);
      },
    ),
    _msync_js: systemCall((address: number, length: number, protection, flags, descriptor, offset: bigint) =>
      writeBack(host, address, length, protection, flags, descriptor, offset),
    ),
    _munmap_js: systemCall((address: number, length: number, protection, flags, descriptor, offset: bigint) =>
      writeBack(host, address, length, protection, flags, descriptor, offset),
    ),

    emscripten_date_now: () => Math.floor(toMs(clocks.realtimeNs())),
    emscripten_get_now: () => toMs(clocks.monotonicNs()),
    clock_time_get: wasiCall((clock: number, _precision: bigint, result: number) => {
      memory.setU64(result, readClock(clocks, clock));
    }),
    clock_res_get: wasiCall((clock: number, result: number) => {
      readClock(clocks, clock);
      memory.setU64(result, 1000n);
    }),
    _gmtime_js: brokenDown,
    _localtime_js: brokenDown,
    _mktime_js: combined,
    _timegm_js: combined,
    _tzset_js: silentCall(
      undefined,
      (timezone: number, daylight: number, standardName: number, daylightName: number) => {
        memory.setU32(timezone, 0);
        memory.setU32(daylight, 0);
        for (const name of [standardName, daylightName])
          memory.bytes(name, 4).set(new TextEncoder().encode("UTC\0"));
      },
    ),
    random_get: wasiCall((buffer: number, length: number) => {
      host.randomness.fill(memory.bytes(buffer, length));
    }),

    _Py_CheckEmscriptenSignals_Helper: () => (host.takeInterrupt() ? interruptSignal : 0),
    _PyEM_TrampolineCall_JS: (index: number, a: number, b: number, c: number) =>
      host.guest().tableEntry(index)(a, b, c),
    __call_sighandler: (index: number, signal: number) => host.guest().tableEntry(index)(signal),
    _Py_emscripten_runtime: () => 0,
    // The guest is the only user there is.
    __syscall_getuid32_js: () => 0,

    proc_exit: exit,
    exit,
    _abort_js: () => {
      throw new GuestCrash("the interpreter aborted");
    },
    __assert_fail: (condition: number) => {
      throw new GuestCrash(`an assertion failed: ${readText(host, condition)}`);
    },
  };
}

function exit(code: number): never {
  throw new GuestExit(code);
}

const protectionWrite = 2;
const mapPrivate = 2;

function writeBack(
  host: EmscriptenHost,
  address: number,
  length: number,
  protection: number,
  flags: number,
  descriptor: number,
  offset: bigint,
): void {
  if ((protection & protectionWrite) === 0 || (flags & mapPrivate) !== 0) return;
  const file = host.descriptors.get(descriptor);
  const bytes = host.memory.bytes(address, length);
  const start = toOffset(offset, "EINVAL");
  const { size } = file.stat();
  // A mapping is whole pages; what lies behind the end of the file is not part of it.
  const shared = bytes.subarray(0, Math.max(0, Math.min(bytes.length, size - start)));
  for (let done = 0; done < shared.length; ) done += file.write(shared.subarray(done), start + done);
}

function readText(host: EmscriptenHost, pointer: number): string {
  try {
    return host.memory.zeroTerminatedString(pointer, maxPathBytes);
  } catch {
    return "(unreadable)";
  }
}
