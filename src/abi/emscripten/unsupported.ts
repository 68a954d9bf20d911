/** Imports that exist in the module and have no meaning in this host. None of them does anything. */
import { errnoNumbers } from "../../errno.js";
import { type EmscriptenHost, type ImportFunction, silentCall } from "./host.js";

/** Sockets: the guest has no network, which `EACCES` says in the words of the C library. */
const deniedCalls = [
  "__syscall_accept4",
  "__syscall_bind",
  "__syscall_connect",
  "__syscall_getpeername",
  "__syscall_getsockname",
  "__syscall_getsockopt",
  "__syscall_listen",
  "__syscall_recvfrom",
  "__syscall_recvmsg",
  "__syscall_sendmsg",
  "__syscall_sendto",
  "__syscall_socket",
] as const;

/** `EAI_FAIL`: a name cannot be resolved, now or later. */
const nameLookupFailed = -4;

/** Bookkeeping that is right when it does nothing, with the value that says so. */
const neutralCalls: Readonly<Record<string, number | null>> = {
  emscripten_runtime_keepalive_push: 0,
  emscripten_runtime_keepalive_pop: 0,
  _emscripten_runtime_keepalive_clear: 0,
  // Called by a constructor when the module starts; the table it makes belongs to the JavaScript bridge.
  __hiwire_deduplicate_new: null,
  // "Not a socket of ours": the C library goes on with the plain call.
  _try_fcntl64: 0,
  _try_shutdown: 0,
  _maybe_connect_async: null,
  _maybe_recvfrom_async: null,
  _maybe_sendto_async: null,
  _maybe_poll_async: null,
  emscripten_set_up_async_input_device_js: 0,
  getaddrinfo: nameLookupFailed,
  getnameinfo: nameLookupFailed,
  getprotobyname: 0,
  ffi_closure_free_js: 0,
  // `import ctypes` makes one callback to see that it can. It is never called: calling needs ffi_call_js.
  ffi_prep_closure_loc_js: 0,
};

/** Calls whose failure is -1; all others fail with 0 or null. */
const minusOne = new Set(["_emscripten_system", "_setitimer_js", "emscripten_asm_const_int"]);

/** Memory for a callback, which `import ctypes` makes. */
const closureCall = "ffi_closure_alloc_js";

/** What the host gives for an import that no other part of this ABI implements. */
export function otherCall(host: EmscriptenHost, name: string): ImportFunction {
  if ((deniedCalls as readonly string[]).includes(name)) return () => -errnoNumbers.EACCES;
  if (name in neutralCalls) return () => neutralCalls[name];
  if (name === closureCall)
    return silentCall(0, (size: number, code: number) => allocateClosure(host, size, code));
  return () => {
    host.raiseUnsupported(name);
    return failure(name);
  };
}

/** What a lean module imports in place of all that only raises: it is told which of them was called. */
export const unsupportedReport = { module: "wasm_repl", name: "unsupported" } as const;
/** The custom section with their names, each ended by a newline, in the order of the numbers that it is told. */
export const unsupportedNames = "wasm_repl.unsupported";

/** Tells a call by its number. The names are read only when there is such a call. */
export function reportUnsupported(module: WebAssembly.Module, host: EmscriptenHost): ImportFunction {
  return (number: number) => {
    const [section] = WebAssembly.Module.customSections(module, unsupportedNames);
    const names = new TextDecoder().decode(section).split("\n");
    host.raiseUnsupported(names[number] ?? "such function");
  };
}

/** Whether an import that no other part of this ABI implements does nothing but to raise an exception in the guest. */
export function onlyRaises(name: string): boolean {
  return (
    !(deniedCalls as readonly string[]).includes(name) && !(name in neutralCalls) && name !== closureCall
  );
}

/** What an import gives that only raises; null is 0 to the guest, or no reference. */
export function failure(name: string): -1 | null {
  return minusOne.has(name) ? -1 : null;
}

/** Memory for a callback whose code is table entry 0: calling it traps. */
function allocateClosure(host: EmscriptenHost, size: number, code: number): number {
  const pointer = size >>> 0 <= 4096 ? host.guest().allocatePages(size) : 0;
  if (pointer !== 0) host.memory.setU32(code, 0);
  return pointer;
}
