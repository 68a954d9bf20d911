import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { errnoNumbers } from "../../errno.js";
import { GuestCrash, GuestExit } from "../../guest-end.js";
import { DescriptorTable } from "../../vfs/descriptors.js";
import { createFileSystem } from "../../vfs/file-system.js";
import { createMemoryVolume } from "../../vfs/memory-volume.js";
import { createStreamFile } from "../../vfs/stream-file.js";
import { systemClocks } from "../clocks.js";
import { GuestMemory } from "../guest-memory.js";
import { systemRandomness } from "../randomness.js";
import type { EmscriptenHost, ImportFunction } from "./host.js";
import { createEmscriptenImports } from "./imports.js";

const packageFile = createRequire(import.meta.url).resolve("pyodide/package.json");
const module = new WebAssembly.Module(readFileSync(join(dirname(packageFile), "pyodide.asm.wasm")));
const memoryBytes = 16 * 65536;

interface World {
  readonly functions: ReadonlyMap<string, ImportFunction>;
  readonly memory: WebAssembly.Memory;
  readonly raised: string[];
}

function makeWorld(): World {
  const memory = new WebAssembly.Memory({ initial: memoryBytes / 65536 });
  const fileSystem = createFileSystem({ root: createMemoryVolume({ maxBytes: 1 << 20, maxNodes: 200 }) });
  const descriptors = new DescriptorTable();
  for (let descriptor = 0; descriptor < 3; descriptor++) {
    descriptors.add(createStreamFile({ read: () => 0, write: (bytes) => bytes.length }));
  }
  descriptors.add(fileSystem.open("/file", { read: true, write: true, create: true }));
  descriptors.add(fileSystem.open("/", { read: true, directory: true }));
  const raised: string[] = [];
  const host: EmscriptenHost = {
    memory: new GuestMemory(memory),
    fileSystem,
    descriptors,
    workingDirectory: fileSystem.open("/", { read: true, directory: true }),
    env: { NAME: "value" },
    memoryBytes,
    clocks: systemClocks({ monotonicUs: 0, cpuUs: 0 }),
    randomness: systemRandomness(),
    wait: () => false,
    takeInterrupt: () => false,
    raiseUnsupported: (name) => raised.push(name),
    guest: () => ({
      grow: () => false,
      tableEntry: () => () => 0,
      allocate: () => 0,
      setLinkError: () => {},
      allocatePages: (bytes) => (bytes <= 65536 ? 65536 : 0),
    }),
  };
  const functions = new Map<string, ImportFunction>();
  for (const [from, group] of Object.entries(createEmscriptenImports(module, host))) {
    for (const [name, value] of Object.entries(group)) {
      if (typeof value === "function") functions.set(`${from}.${name}`, value as ImportFunction);
      else assert.ok(value instanceof WebAssembly.Global, `${from}.${name} is neither function nor global`);
    }
  }
  return { functions, memory, raised };
}

/** What the host gives for each import that does something. Everything else is in the two lists below. */
const implemented = `
  env._dlopen_js env._dlsym_js
  env._PyEM_TrampolineCall_JS env._Py_CheckEmscriptenSignals_Helper env._Py_emscripten_runtime env.__assert_fail
  env.__call_sighandler env.__syscall_chdir env.__syscall_chmod env.__syscall_dup env.__syscall_dup3
  env.__syscall_faccessat env.__syscall_fadvise64 env.__syscall_fallocate env.__syscall_fchdir env.__syscall_fchmod
  env.__syscall_fchmodat2 env.__syscall_fchown32 env.__syscall_fchownat env.__syscall_fcntl64 env.__syscall_fdatasync
  env.__syscall_fstat64 env.__syscall_fstatfs64 env.__syscall_ftruncate64 env.__syscall_getcwd env.__syscall_getdents64
  env.__syscall_getuid32_js env.__syscall_ioctl env.__syscall_lstat64 env.__syscall_mkdirat env.__syscall_mknodat
  env.__syscall_newfstatat env.__syscall_openat env.__syscall_pipe env.__syscall_poll env.__syscall_readlinkat
  env.__syscall_renameat env.__syscall_rmdir env.__syscall_stat64 env.__syscall_statfs64 env.__syscall_symlinkat
  env.__syscall_truncate64 env.__syscall_umask_js env.__syscall_unlinkat env.__syscall_utimensat env._abort_js
  env._emscripten_get_progname env._gmtime_js env._localtime_js env._mktime_js env._mmap_js env._msync_js
  env._munmap_js env._timegm_js env._tzset_js env.emscripten_date_now env.emscripten_get_heap_max
  env.emscripten_get_now env.emscripten_resize_heap env.exit env.ffi_closure_alloc_js
  wasi_snapshot_preview1.clock_res_get wasi_snapshot_preview1.clock_time_get wasi_snapshot_preview1.environ_get
  wasi_snapshot_preview1.environ_sizes_get wasi_snapshot_preview1.fd_close wasi_snapshot_preview1.fd_fdstat_get
  wasi_snapshot_preview1.fd_pread wasi_snapshot_preview1.fd_pwrite wasi_snapshot_preview1.fd_read
  wasi_snapshot_preview1.fd_seek wasi_snapshot_preview1.fd_sync wasi_snapshot_preview1.fd_write
  wasi_snapshot_preview1.proc_exit wasi_snapshot_preview1.random_get
`
  .trim()
  .split(/\s+/);

/** Fail with `EACCES`. */
const denied =
  `accept4 bind connect getpeername getsockname getsockopt listen recvfrom recvmsg sendmsg sendto socket`
    .split(" ")
    .map((name) => `env.__syscall_${name}`);

/** Do nothing, and say that nothing was to be done. */
const neutral = `
  __hiwire_deduplicate_new _emscripten_runtime_keepalive_clear _maybe_connect_async _maybe_poll_async
  _maybe_recvfrom_async _maybe_sendto_async _try_fcntl64 _try_shutdown emscripten_runtime_keepalive_pop
  emscripten_runtime_keepalive_push emscripten_set_up_async_input_device_js ffi_closure_free_js
  ffi_prep_closure_loc_js getaddrinfo getnameinfo getprotobyname
`
  .trim()
  .split(/\s+/)
  .map((name) => `env.${name}`);

/** Raise an exception in the guest: the JavaScript bridge, libffi, dynamic linking, processes, timers. */
const refused = `
  JsArray_count_js JsArray_index_js JsArray_inplace_repeat_js JsArray_repeat_js JsArray_reverse_js
  JsArray_reversed_iterator JsBuffer_DecodeString_js JsBuffer_get_info JsDoubleProxy_unwrap_js
  JsException_new_helper JsMap_GetIter_js JsMap_clear_js JsModule_GetAll_js JsObjMap_GetIter_js
  JsObjMap_ass_subscript_js JsObjMap_contains_js JsObjMap_length_js JsObjMap_subscript_js JsProxy_Bool_js
  JsProxy_DelAttr_js JsProxy_Dir_js JsProxy_GetAsyncIter_js JsProxy_GetAttr_js JsProxy_GetIter_js
  JsProxy_SetAttr_js JsProxy_aexit_js JsProxy_compute_typeflags JsProxy_exit_js JsProxy_subscript_js
  JsProxy_to_weakref_js JsvArray_Check JsvArray_Delete JsvArray_Extend JsvArray_Get JsvArray_Insert
  JsvArray_New JsvArray_Push JsvArray_Set JsvArray_ShallowCopy JsvArray_slice JsvArray_slice_assign
  JsvAsyncGenerator_Check JsvBigInt_fromDigits JsvBigInt_fromInt JsvBuffer_assignFromPtr
  JsvBuffer_assignToPtr JsvBuffer_intoFile JsvBuffer_readFromFile JsvBuffer_writeToFile JsvError_Check
  JsvError_Throw JsvFunction_CallBound JsvFunction_Call_OneArg JsvFunction_Check JsvFunction_Construct
  JsvGenerator_Check JsvLiteralMap_New JsvMap_New JsvMap_Set JsvNoValue_Check JsvNum_fromDouble
  JsvNum_fromInt JsvNum_toInt JsvObject_CallMethod JsvObject_CallMethod_NoArgs JsvObject_CallMethod_OneArg
  JsvObject_CallMethod_TwoArgs JsvObject_Entries JsvObject_Keys JsvObject_New JsvObject_SetAttr
  JsvObject_Values JsvObject_toString JsvPromise_Check JsvPromise_Resolve JsvPromise_Syncify_handleError
  JsvSet_Add JsvSet_New JsvUTF8ToString Jsv_BigIntToNum Jsv_GetError_import Jsv_constructorName Jsv_equal
  Jsv_greater_than Jsv_greater_than_equal Jsv_less_than Jsv_less_than_equal Jsv_not_equal Jsv_to_bool
  Jsv_typeof _JsArray_PostProcess_helper _JsArray_PushEntry_helper _JsObject_Set_js
  __hiwire_deduplicate_delete __hiwire_deduplicate_get __hiwire_deduplicate_set _agen_handle_result_js
  _emscripten_dlopen_js _emscripten_log_formatted _emscripten_lookup_name
  _emscripten_system _pyproxyGen_make_result _pyproxy_get_buffer_result _python2js_add_to_cache
  _python2js_addto_postprocess_list _python2js_ascii _python2js_buffer_inner _python2js_cache_lookup
  _python2js_handle_postprocess_list _python2js_ucs1 _python2js_ucs2 _python2js_ucs4 _setitimer_js
  array_to_js can_run_sync_js capture_stderr create_once_callable create_promise_handles
  destroy_jsarray_entries destroy_proxies destroy_proxies_js destroy_proxy emscripten_asm_const_int
  emscripten_debugger emscripten_log_impl_js emscripten_promise_create emscripten_promise_destroy
  emscripten_promise_resolve fail_test ffi_call_js gc_register_proxies get_async_js_call_done_callback
  get_length_helper get_length_string get_suspender handle_next_result_js hiwire_invalid_ref_js
  is_comlink_proxy js2python_convert js2python_immutable_js js2python_js jslib_init_buffers_js jslib_init_js
  my_dict_converter new_error proxy_cache_get proxy_cache_set pyodide_js_init pyproxy_AsPyObject
  pyproxy_Check pyproxy_new pyproxy_new_ex python2js__default_converter_js python2js__eager_converter_js
  python2js_custom__create_jscontext raw_call_js restoreState restore_stderr saveState set_pyodide_module
  set_suspender syncifyHandler throw_no_gil wrap_async_generator wrap_generator
`
  .trim()
  .split(/\s+/)
  .map((name) => `env.${name}`);

test("every import of the module is known, and is implemented, denied, neutral or refused", () => {
  const expected = [...implemented, ...denied, ...neutral, ...refused].sort();
  assert.deepEqual([...makeWorld().functions.keys()].sort(), expected);
});

test("every denied import fails with EACCES and every refused one raises an error that names it", () => {
  const { functions, raised } = makeWorld();
  for (const name of denied)
    assert.equal(functions.get(name)?.(0, 0, 0, 0, 0, 0), -errnoNumbers.EACCES, name);
  for (const name of neutral) functions.get(name)?.(0, 0, 0, 0, 0, 0);
  assert.deepEqual(raised, []);
  for (const name of refused) {
    const result = functions.get(name)?.(0, 0, 0, 0, 0, 0);
    assert.ok(result === null || result === -1, name);
    assert.equal(`env.${raised.pop()}`, name);
  }
});

/** The parameters that are 64 bits wide, which WebAssembly passes as `bigint`. */
const wide: Readonly<Record<string, readonly number[]>> = {
  __syscall_fadvise64: [1, 2],
  __syscall_fallocate: [2, 3],
  __syscall_ftruncate64: [1],
  __syscall_truncate64: [1],
  _gmtime_js: [0],
  _localtime_js: [0],
  _mmap_js: [4],
  _msync_js: [5],
  _munmap_js: [5],
  clock_time_get: [1],
  fd_pread: [3],
  fd_pwrite: [3],
  fd_seek: [1],
};

const narrowValues = [
  0,
  1,
  2,
  3,
  4,
  5,
  7,
  64,
  100,
  1023,
  4095,
  4096,
  65_535,
  65_536,
  -1,
  -2,
  -100,
  memoryBytes - 1,
  memoryBytes,
  0x7fff_ffff,
  -0x8000_0000,
  0x4000_0000,
  0o100102,
  0x541b,
  0x5413,
];
const wideValues = [
  0n,
  1n,
  -1n,
  4096n,
  1n << 31n,
  1n << 32n,
  1n << 53n,
  (1n << 63n) - 1n,
  -(1n << 63n),
  10n ** 17n,
];

test("no import answers hostile arguments with anything but a number or the guest's end", () => {
  let state = 4711;
  const pick = <T>(values: readonly T[]): T => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return values[(state >>> 8) % values.length] as T;
  };
  let { functions, memory } = makeWorld();
  const paths = ["/file", "", "..", "/a/b", "link", "x".repeat(300), "\xff\xfe", "/proc/self/mem"];
  for (const name of functions.keys()) {
    const short = name.slice(name.indexOf(".") + 1);
    for (let round = 0; round < 400; round++) {
      if (round % 100 === 0) ({ functions, memory } = makeWorld());
      const bytes = new Uint8Array(memory.buffer);
      for (const at of [1, 64, 100, 1023, 4096]) bytes.set(Buffer.from(`${pick(paths)}\0`, "latin1"), at);
      const args = Array.from({ length: 7 }, (_, index) =>
        wide[short]?.includes(index) ? pick(wideValues) : pick(narrowValues),
      );
      const shown = `${name}(${args.join(", ")})`;
      try {
        const result = functions.get(name)?.(...args);
        assert.ok(
          result === undefined || result === null || typeof result === "bigint" || Number.isFinite(result),
          `${shown} gave ${String(result)}`,
        );
      } catch (error) {
        const ends = name === "env.exit" || name.endsWith(".proc_exit") ? GuestExit : GuestCrash;
        assert.ok(error instanceof ends, `${shown} threw ${(error as Error).stack}`);
        assert.match(short, /exit|abort|assert/, shown);
      }
    }
  }
  assert.equal(memory.buffer.byteLength, memoryBytes);
});
