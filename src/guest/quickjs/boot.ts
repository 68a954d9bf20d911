import { toMs } from "../../abi/clocks.js";
import type { Pointer } from "../../abi/quickjs/exports.js";
import type { VmHooks } from "../../abi/quickjs/imports.js";
import { Vm } from "../../abi/quickjs/vm.js";
import { bootDoors } from "../boot-doors.js";
import { captureImage, type Image } from "../image.js";
import { type CompletionLayout, findCompletionLayout } from "./completion.js";
import { findScriptLayout, type ScriptLayout } from "./declarations.js";
import { findModulePlaces, type ModulePlaces } from "./modules/places.js";
import { defaultStackBytes, engineStackBytes } from "./stack.js";
import { findStackPlaces, type StackPlaces } from "./stack-places.js";

/**
 * Where the booted guest keeps what the host calls or writes, all of it in the image's `addresses`. The functions
 * are those that the driver's main file returns, in the same order.
 */
export interface QuickJsAddresses extends ScriptLayout, CompletionLayout, ModulePlaces, StackPlaces {
  readonly runtime: Pointer;
  readonly context: Pointer;
  /** Cells with the global object and the object of global lexical names. */
  readonly global: Pointer;
  readonly lexical: Pointer;
  /** A double: the milliseconds of the monotonic clock that `performance.now()` counts from. */
  readonly timeOrigin: Pointer;
  /** Eight bytes, never all zero. */
  readonly randomState: Pointer;
  /** Calls and loops until the interrupt handler is asked again. */
  readonly interruptCounter: Pointer;
  readonly start: Pointer;
  readonly show: Pointer;
  readonly describe: Pointer;
  readonly advance: Pointer;
  readonly clearTimers: Pointer;
  readonly exitCode: Pointer;
  readonly keep: Pointer;
  readonly inspectSession: Pointer;
  readonly beginProgram: Pointer;
  readonly endProgram: Pointer;
  readonly describeModule: Pointer;
  readonly bindImports: Pointer;
  readonly declareFunctions: Pointer;
  readonly packed: Pointer;
  readonly suspendRun: Pointer;
  readonly resumeRun: Pointer;
  readonly clearCalls: Pointer;
  readonly moduleError: Pointer;
}

const driverFunctions = [
  "start",
  "show",
  "describe",
  "advance",
  "clearTimers",
  "exitCode",
  "keep",
  "inspectSession",
  "beginProgram",
  "endProgram",
  "describeModule",
  "bindImports",
  "declareFunctions",
  "packed",
  "suspendRun",
  "resumeRun",
  "clearCalls",
  "moduleError",
] as const;

/**
 * What guests find free before they have to grow their memory. Most never need more, and a memory that has not grown
 * serves the next guest. It is all zero, so it takes nothing until it is used.
 */
const roomBytes = 2 * 1024 * 1024;

/** The name of the driver's frames in stacks; the driver removes them from what it shows. */
export const driverFilename = "wasm-repl:driver";

/** The driver's files in the order in which `assembleDriver` wants them. */
export const driverFiles = [
  "primordials.js",
  "inspect.js",
  "inspect-kinds.js",
  "inspect-layout.js",
  "colors.js",
  "format.js",
  "errors.js",
  "console.js",
  "timers.js",
  "encoding.js",
  "path.js",
  "buffer.js",
  "url.js",
  "process.js",
  "globals.js",
  "crossing.js",
  "calls.js",
  "functions.js",
  "abort.js",
  "streams.js",
  "fetch.js",
  "fs.js",
  "modules.js",
  "session.js",
  "main.js",
] as const;

/** Joins the driver's files, given in the order of `driverFiles`, to the one function that the guest evaluates. */
export function assembleDriver(files: readonly string[]): string {
  return `(function (host, engineVersion) {"use strict";\n${files.join("\n")}\nreturn driverFunctions;\n})`;
}

/**
 * Boots QuickJS and its driver once, and takes the image that every session begins with. `module` is the package's
 * own, with its data segments. Throws if the engine is another than this binding was written for.
 */
export function bootQuickJs(module: WebAssembly.Module, driverSource: string): Image {
  const { clocks, randomness } = bootDoors();
  const vm = new Vm(module, bootHooks, { clocks, randomness });
  const { exports } = vm;
  exports._initialize();
  if (exports.qjs_init() !== 0) throw new Error("QuickJS does not start");
  vm.context = exports.qjs_get_context_ptr();
  const stackPlaces = findStackPlaces(vm);
  exports.qjs_set_max_stack_size(engineStackBytes(defaultStackBytes));
  const layout = findScriptLayout(vm);
  const completion = findCompletionLayout(vm, layout.codeField);
  const modulePlaces = findModulePlaces(vm);
  const places = findContextPlaces(vm, toMs(clocks.monotonicNs()));
  const driver = loadDriver(vm, driverSource);
  exports.qjs_set_interrupt_handler(1);
  exports.qjs_set_promise_rejection_handler(1);
  exports.qjs_set_module_loader(1);
  exports.JS_SetModuleNormalizeFunc2(exports.qjs_get_runtime_ptr(), vm.normalizeFunction);
  exports.qjs_run_gc();
  exports.wasm_free(exports.wasm_malloc(roomBytes));
  const addresses: QuickJsAddresses = {
    runtime: exports.qjs_get_runtime_ptr(),
    context: vm.context,
    ...layout,
    ...completion,
    ...modulePlaces,
    ...stackPlaces,
    ...places,
    ...driver,
  };
  return captureImage(exports.memory, exports.__stack_pointer.value, { ...addresses });
}

/** Nothing of the host is there to be reached while booting. */
const bootHooks: VmHooks = {
  call: () => {
    throw new Error("the driver calls the host while booting");
  },
  interrupt: () => false,
  rejection: () => {
    throw new Error("the driver rejects a promise while booting");
  },
  normalizeModule: () => 0,
  loadModule: () => 0,
};

function loadDriver(vm: Vm, source: string): Record<(typeof driverFunctions)[number], Pointer> {
  const driver = succeed(vm, vm.evaluate(source, driverFilename, 0));
  const host = vm.lend("host", (name, length) => vm.exports.qjs_new_host_function(name, length, 0));
  const version = vm.newString(versionOf(vm));
  const functions = succeed(vm, vm.call(driver, host, version));
  for (const cell of [driver, host, version]) vm.free(cell);
  const entries = driverFunctions.map(
    (name, index) => [name, vm.exports.qjs_get_prop_uint32(functions, index)] as const,
  );
  vm.free(functions);
  return Object.fromEntries(entries) as Record<(typeof driverFunctions)[number], Pointer>;
}

/** The engine's version; only the package's own module tells it. */
export function versionOf(vm: Vm): string {
  const { JS_GetVersion } = vm.exports as unknown as { JS_GetVersion(): Pointer };
  return vm.name(JS_GetVersion());
}

function succeed(vm: Vm, cell: Pointer): Pointer {
  if (!vm.isException(cell)) return cell;
  const error = vm.exports.qjs_get_exception();
  const stack = vm.lend("stack", (name) => vm.exports.qjs_get_prop_string(error, name));
  throw new Error(`the driver does not load: ${vm.text(error, 10_000)}\n${vm.text(stack, 10_000)}`);
}

/**
 * The engine offers no way to reseed `Math.random` or to reach global lexical names, so their places in the
 * JSContext are found here: global object, lexical names, time origin (a double), random state, hash seed (4
 * bytes), interrupt counter (4 bytes) lie behind each other. Each is checked for behaving as what it is.
 */
function findContextPlaces(vm: Vm, bootedMs: number) {
  const { exports, context } = vm;
  const global = exports.qjs_get_global();
  for (let place = context; place < context + 1024; place += 8) {
    if (vm.peek(place) !== vm.peek(global)) continue;
    const places = {
      global,
      lexical: exports.qjs_dup_value(place + 8),
      timeOrigin: place + 16,
      randomState: place + 24,
      interruptCounter: place + 36,
    };
    if (!holdsLexicals(vm, places.lexical) || !isRandomState(vm, places.randomState)) break;
    if (Math.abs(vm.view.getFloat64(places.timeOrigin, true) - bootedMs) > 1) break;
    const counter = vm.view.getInt32(places.interruptCounter, true);
    if (counter <= 0 || counter > 10_000) break;
    return places;
  }
  throw new Error("the context of this QuickJS build is not laid out as expected");
}

function holdsLexicals(vm: Vm, cell: Pointer): boolean {
  vm.free(succeed(vm, vm.evaluate("let probe = 8191", "layout", 0)));
  const probe = vm.lend("probe", (name) => vm.exports.qjs_get_prop_string(cell, name));
  const found = vm.exports.qjs_get_float64(probe) === 8191;
  vm.free(probe);
  const atom = vm.lend("probe", (name, length) => vm.exports.JS_NewAtomLen(vm.context, name, length));
  vm.exports.JS_DeleteProperty(vm.context, vm.peek(cell), atom, 0);
  vm.exports.JS_FreeAtom(vm.context, atom);
  return found;
}

/** Whether `Math.random` moves the state as the generator xorshift64* does. */
function isRandomState(vm: Vm, place: Pointer): boolean {
  let expected = vm.view.getBigUint64(place, true);
  expected ^= expected >> 12n;
  expected ^= BigInt.asUintN(64, expected << 25n);
  expected ^= expected >> 27n;
  vm.free(succeed(vm, vm.evaluate("Math.random()", "layout", 0)));
  return vm.view.getBigUint64(place, true) === expected;
}
