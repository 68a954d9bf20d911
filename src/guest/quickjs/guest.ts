import { toMs } from "../../abi/clocks.js";
import type { Pointer } from "../../abi/quickjs/exports.js";
import { createHostCalls, type HostCalls, settleHostCall, writeAll } from "../../abi/quickjs/host-calls.js";
import type { VmHooks } from "../../abi/quickjs/imports.js";
import { evalFlags, OutOfGuestMemory, Vm } from "../../abi/quickjs/vm.js";
import { encodeWtf8 } from "../../abi/quickjs/wtf8.js";
import { ErrnoError } from "../../errno.js";
import { maxTypeBytes, textLimit } from "../answer-limits.js";
import type { Guest, GuestHost, GuestStart, InspectRequest, RunRequest, RunResult } from "../guest.js";
import type { Image } from "../image.js";
import { imageMemory, memoryImport } from "../image-memory.js";
import { refusalImport } from "../refusals.js";
import type { QuickJsAddresses } from "./boot.js";
import { createCallOperations } from "./call-operations.js";
import { type Compiled, compile, type SourceKind } from "./compile.js";
import { protectCompletion } from "./completion.js";
import { bytesOfCrossing, valueAsData } from "./crossing.js";
import { forgetNames, makeWay, type ScriptScopes } from "./declarations.js";
import { createMemoryReserve, type MemoryReserve } from "./memory-reserve.js";
import { makeModuleError, performModuleOperation, throwModuleError } from "./module-operations.js";
import { ModuleError } from "./modules/error.js";
import { createModuleFiles, type ModuleFiles } from "./modules/files.js";
import { createModuleLoader, isMetaSpecifier, metaSpecifiers, moduleText } from "./modules/load.js";
import { findModule, moduleOf } from "./modules/places.js";
import type { BuiltinModules } from "./modules/resolve.js";
import { standardModules } from "./modules/standard-modules.js";
import { answerQuestion } from "./questions.js";
import { createRejections } from "./rejections.js";
import {
  type Failure,
  interruption,
  neverSettled,
  notSuspended,
  outcomeOf,
  outOfMemory,
  type Run,
  type Stop,
} from "./run-state.js";
import { defaultStackBytes, engineStackBytes } from "./stack.js";
import type { SplitCell } from "./static-imports.js";
import { resumeRun, suspendRun } from "./suspended-run.js";
import { asJavaScript, isTypeScriptFile } from "./typescript.js";
import { asUncaught } from "./uncaught.js";

/**
 * A QuickJS session from an image that `bootQuickJs` took. `module` may have lost its data segments and the
 * exports that `requiredExports` does not name.
 *
 * What the contract leaves open: a cell's promises and timers run until none is left; its result is formatted
 * after that. The first uncaught error or unhandled rejection is the cell's error; those that follow go to stderr.
 * A thrown value that is no error has its `typeof` for a type, and the text `Uncaught` and the value.
 * A run that was asked to stop has an `InterruptedError`, and exit code 130.
 */
export function createQuickJsGuest(
  module: WebAssembly.Module,
  image: Image,
  host: GuestHost,
  options: QuickJsOptions = {},
): Guest {
  return new QuickJsGuest(module, image, host, options);
}

export interface QuickJsOptions {
  /** Modules that code may import beside those of the file system. Default: `standardModules`. */
  readonly builtins?: BuiltinModules;
  /**
   * V8's stack on the thread that runs the guest, in bytes; in a worker, its `stackSizeMb`. Decides how deep the
   * guest's calls may go. Default: that of Node's main thread, 984 KiB.
   */
  readonly stackBytes?: number;
  /** See `engineStackBytes`. */
  readonly stackRatio?: number | undefined;
  /** Holds the image and nothing else. Default: a new one. */
  readonly memory?: WebAssembly.Memory;
  /** The most bytes of each text in the answer to a run. Default: `textLimit` of a run without a limit. */
  readonly maxTextBytes?: number;
}

/** Linear memory that is not the engine's heap: its stack, its constants and the host's own allocations. */
const reservedBytes = 2 * 1024 * 1024;
/** With less than this, not even the driver could work. */
const leastHeapBytes = 1024 * 1024;

/** With less than this left after a run, a session is put back. */
const leastRoomBytes = 64 * 1024;

/** The part of its memory at which a guest that throws null is taken to have none left. */
const nearlyFull = 0.9;

/** What the driver's `advance` gives for a run that is to be suspended. */
const suspendedMark = -2;

/** What is looked at of an attribute of an import. */
const maxAttributeBytes = 100;

const promiseStates = { pending: 0, fulfilled: 1, rejected: 2 };

class QuickJsGuest implements Guest {
  readonly #vm: Vm;
  readonly #host: GuestHost;
  readonly #at: QuickJsAddresses;
  readonly #scopes: ScriptScopes;
  readonly #rejections: ReturnType<typeof createRejections>;
  readonly #maxTextBytes: number;
  readonly #files: ModuleFiles;
  #cwd = "/";
  #isResumed = false;
  #run: Run | undefined;
  /**
   * What the engine hears when it asks whether to go on: `signals` asks the host; `quiet` lets the driver work
   * after a stop; `clear` ends everything at its first step.
   */
  #interrupts: "signals" | "quiet" | "clear" = "quiet";
  readonly #hostCalls: HostCalls;
  readonly #reserve: MemoryReserve;

  constructor(module: WebAssembly.Module, image: Image, host: GuestHost, options: QuickJsOptions) {
    const {
      builtins = standardModules,
      stackBytes = defaultStackBytes,
      stackRatio,
      memory = imageMemory(image),
    } = options;
    this.#host = host;
    this.#maxTextBytes = options.maxTextBytes ?? textLimit(Number.POSITIVE_INFINITY);
    const callOperations = createCallOperations(
      () => vm,
      host.line,
      () => this.#interrupted(),
    );
    this.#hostCalls = createHostCalls(
      () => vm,
      host,
      (code) => this.#stop({ kind: "exit", code }),
      () => this.#interrupted(),
      () => this.#run?.request.colors === true,
      (operation, first, second, third) =>
        performModuleOperation(vm, this.#at, loader, operation, first, second) ??
        callOperations(operation, first, second, third),
    );
    this.#files = createModuleFiles(host.fileSystem);
    const loader = createModuleLoader({
      files: this.#files,
      builtins,
      workingDirectory: () => this.#cwd,
      compilesAsModule: (text) =>
        vm.lend(text, (source, length) => vm.exports.JS_DetectModule(source, length) !== 0),
      stripTypes: (text, path) => asJavaScript(text, path, host.loadTypeStripper),
    });
    const hooks: VmHooks = {
      call: this.#hostCalls.serve,
      interrupt: () => this.#interrupted(),
      rejection: (promise, reason, handled) => this.#rejections.track(promise, reason, handled),
      normalizeModule: (base, specifier, attributes) =>
        this.#produce(() => {
          const [wanted, importer] = [vm.name(specifier), vm.name(base)];
          if (isMetaSpecifier(wanted)) this.#describeModule(importer, metaSpecifiers[wanted]);
          return loader.resolve(wanted, importer, this.#attribute(attributes, "type"));
        }),
      loadModule: (name, lengthOut) => this.#produce(() => loader.load(vm.name(name)), lengthOut),
    };
    const vm: Vm = new Vm(module, hooks, host, {
      [memoryImport.module]: {
        [memoryImport.name]: memory,
        [refusalImport.name]: () => this.#refused(),
      },
    });
    this.#vm = vm;
    this.#rejections = createRejections(vm);
    vm.exports.__stack_pointer.value = image.stackPointer;
    // The image's addresses are these by `bootQuickJs`'s making.
    this.#at = image.addresses as unknown as QuickJsAddresses;
    vm.context = this.#at.context;
    vm.exports.qjs_set_runtime_and_context(this.#at.runtime, this.#at.context);
    vm.exports.qjs_set_max_stack_size(engineStackBytes(stackBytes, stackRatio));
    const heapBytes = Math.max(host.memoryBytes - reservedBytes, leastHeapBytes);
    this.#reserve = createMemoryReserve(vm, heapBytes);
    this.#reserve.open();
    vm.allocationLimit = heapBytes;
    this.#scopes = { global: vm.peek(this.#at.global), lexical: vm.peek(this.#at.lexical) };
  }

  get memory(): WebAssembly.Memory {
    return this.#vm.exports.memory;
  }

  resume(workingDirectory: string): void {
    this.#cwd = workingDirectory;
    this.#isResumed = true;
  }

  start(start: GuestStart): void {
    const vm = this.#vm;
    const { clocks, randomness } = this.#host;
    const seed = new Uint8Array(8);
    randomness.fill(seed);
    vm.view.setBigUint64(this.#at.randomState, new DataView(seed.buffer).getBigUint64(0, true) | 1n, true);
    const nowMs = toMs(clocks.monotonicNs());
    // Timers are due by `performance.now()`, which goes on with a state.
    if (!this.#isResumed) vm.view.setFloat64(this.#at.timeOrigin, nowMs, true);
    const elapsedMs = nowMs - vm.view.getFloat64(this.#at.timeOrigin, true);
    this.#cwd = start.cwd ?? this.#cwd;
    vm.enter(() => {
      const timeOrigin = toMs(clocks.realtimeNs()) - elapsedMs;
      const settings = vm.newString(JSON.stringify({ ...start, timeOrigin }));
      const started = vm.call(this.#at.start, settings);
      if (vm.isException(started)) throw new Error("the driver does not start");
      vm.free(started);
      vm.free(settings);
    });
  }

  run(request: RunRequest): RunResult {
    if (request.mode === "module") throw new TypeError("the mode 'module' is for Python");
    const run: Run = { request, columnShift: 0, stop: undefined, failure: undefined, isStarved: false };
    return this.#vm.enter(() => {
      this.#run = run;
      this.#hostCalls.begin();
      this.#files.forget();
      this.#interrupts = "signals";
      const result = this.#guarded(run);
      if (run.request.mode === "program" && run.suspended === undefined) this.#endProgram(run);
      this.#interrupts = "quiet";
      this.#reserve.open();
      if (run.stop !== undefined) this.#clear();
      if (run.stop?.kind === "interrupted" && run.failure?.type !== interruption.type) {
        run.failure = interruption;
      }
      this.#run = undefined;
      return outcomeOf(
        run,
        result,
        () => this.#exitCode(),
        (text) => this.#complain(text),
      );
    });
  }

  /** Whether a text would have room that is larger than what most cells need to be compiled. */
  hasRoom(): boolean {
    const { exports } = this.#vm;
    return this.#vm.enter(() => {
      exports.qjs_run_gc();
      const text = this.#vm.newString(" ".repeat(leastRoomBytes));
      const hasRoom = !this.#vm.isException(text);
      this.#vm.free(text);
      if (!hasRoom) this.#vm.free(exports.qjs_get_exception());
      return hasRoom;
    });
  }

  inspect(request: InspectRequest): unknown {
    return this.#vm.enter(() => answerQuestion(this.#vm, this.#at, request, this.#host.loadTypeStripper));
  }

  /** Runs the code; the guest's full heap is the run's failure, wherever it shows. */
  #guarded(run: Run): string | undefined {
    try {
      if (!this.#declare(run)) return undefined;
      return run.request.mode === "resume" ? this.#goOn(run) : this.#execute(run);
    } catch (error) {
      if (!(error instanceof OutOfGuestMemory)) throw error;
      this.#refused();
      run.failure ??= outOfMemory;
      run.stop ??= { kind: "failed" };
      return undefined;
    }
  }

  #refused(): void {
    // What is refused to the reserve is nothing that the code has asked for.
    if (this.#reserve.isProbing) return;
    if (this.#run !== undefined) this.#run.isStarved = true;
    this.#host.onMemoryRefused?.();
  }

  /** Compiles and runs everything. Gives the value of the last expression as text. */
  #execute(run: Run): string | undefined {
    const vm = this.#vm;
    const code = this.#codeOf(run);
    if (code === undefined) return undefined;
    const compiled = compile(vm, { ...run.request, code });
    if ("error" in compiled) {
      this.#fail(run, compiled.error);
      return undefined;
    }
    run.columnShift = compiled.columnShift;
    if (run.request.mode === "program") this.#beginProgram(run.request.filename, compiled);
    if (compiled.imports !== undefined && !this.#bindImports(run, compiled.imports)) {
      vm.free(compiled.cell);
      return undefined;
    }
    if (compiled.kind !== "module") makeWay(vm, this.#at, compiled.cell, this.#scopes);
    if (compiled.kind === "async script") protectCompletion(vm, this.#at, compiled.cell);
    this.#reserve.begin();
    const completion = vm.hold(vm.exports.JS_EvalFunction(vm.context, vm.release(compiled.cell)));
    if (vm.isException(completion)) {
      this.#fail(run, vm.exports.qjs_get_exception());
      this.#settle(run, undefined);
      return undefined;
    }
    if (compiled.kind === "script") {
      this.#settle(run, undefined);
      return this.#show(run, completion);
    }
    vm.exports.qjs_promise_mark_as_handled(completion);
    return this.#finish(run, compiled.kind, completion);
  }

  /** The run's code as JavaScript; undefined if that has failed. */
  #codeOf(run: Run): string | undefined {
    const { code, filename, isTypeScript = isTypeScriptFile(filename) } = run.request;
    const text = moduleText(() =>
      isTypeScript ? asJavaScript(code, filename, this.#host.loadTypeStripper) : code,
    );
    if (typeof text === "string") return text;
    this.#fail(run, makeModuleError(this.#vm, this.#at, text));
    return undefined;
  }

  /** Waits for the promise of code that awaits at its top level, and gives its value as text. */
  #finish(run: Run, kind: SourceKind, promise: Pointer): string | undefined {
    if (!this.#settle(run, promise, true)) return this.#show(run, this.#awaited(run, kind, promise));
    const maxBytes = this.#host.line?.pendingBytes() ?? 0;
    const calls = suspendRun(this.#vm, this.#at, run, kind, promise, maxBytes);
    if (calls === undefined) this.#fail(run, this.#vm.exports.qjs_get_exception());
    else run.suspended = calls;
    return undefined;
  }

  /** Goes on with the run that is suspended. */
  #goOn(run: Run): string | undefined {
    const resumed = resumeRun(this.#vm, this.#at);
    if (resumed === undefined) {
      run.failure = notSuspended;
      return undefined;
    }
    run.request = resumed.request;
    run.columnShift = resumed.columnShift;
    this.#reserve.begin();
    return this.#finish(run, resumed.kind, resumed.promise);
  }

  /** Has the driver make functions of those of the host. False if that fails. */
  #declare(run: Run): boolean {
    const { functions, isRestored = false } = run.request;
    if (functions === undefined && !isRestored) return true;
    const vm = this.#vm;
    const declarations =
      functions === undefined ? vm.exports.qjs_get_undefined() : vm.newString(JSON.stringify(functions));
    const restored = vm.exports.qjs_new_number(isRestored ? 1 : 0);
    const done = vm.call(this.#at.declareFunctions, declarations, restored);
    const hasFailed = vm.isException(done);
    if (hasFailed) this.#fail(run, vm.exports.qjs_get_exception());
    for (const cell of [declarations, restored, done]) vm.free(cell);
    return !hasFailed;
  }

  /** What a program finds of its own: `import.meta` of a module, `module` and the like of a script. */
  #beginProgram(filename: string, { kind, cell }: Compiled): void {
    const vm = this.#vm;
    const values = [vm.newString(filename), vm.newString(kind === "module" ? kind : "script")] as const;
    vm.free(vm.call(this.#at.beginProgram, ...values));
    if (kind === "module") this.#fillMeta(moduleOf(vm, cell), values[0]);
    for (const value of values) vm.free(value);
  }

  /** Fills `import.meta` of a module that is being loaded. */
  #describeModule(name: string, kind: number): void {
    const module = findModule(this.#vm, this.#at, name);
    if (module === undefined) return;
    const value = this.#vm.newString(name);
    this.#fillMeta(module, value, kind);
    this.#vm.free(value);
  }

  #fillMeta(module: Pointer, name: Pointer, kindNumber = 0): void {
    const vm = this.#vm;
    const meta = vm.hold(vm.exports.JS_GetImportMeta(vm.context, module));
    const kind = vm.exports.qjs_new_number(kindNumber);
    const filled = vm.call(this.#at.describeModule, meta, name, kind);
    if (vm.isException(filled)) vm.free(vm.exports.qjs_get_exception());
    for (const value of [meta, kind, filled]) vm.free(value);
  }

  /** Runs what a cell imports, and makes it names of the session. False if the run has failed or stopped. */
  #bindImports(run: Run, { imports, names }: SplitCell): boolean {
    const vm = this.#vm;
    const { exports } = vm;
    const cell = vm.evaluate(imports, run.request.filename, evalFlags.compileOnly | evalFlags.module);
    const module = moduleOf(vm, cell);
    const promise = vm.isException(cell)
      ? cell
      : vm.hold(exports.JS_EvalFunction(vm.context, vm.release(cell)));
    if (vm.isException(promise)) {
      this.#fail(run, exports.qjs_get_exception());
      this.#settle(run, undefined);
      return false;
    }
    exports.qjs_promise_mark_as_handled(promise);
    this.#settle(run, promise);
    if (exports.qjs_promise_state(promise) === promiseStates.pending && run.stop === undefined) {
      run.failure ??= neverSettled;
    }
    vm.free(promise);
    if (run.stop !== undefined || run.failure !== undefined) return false;
    const namespace = vm.hold(exports.JS_GetModuleNamespace(vm.context, module));
    const bound = vm.call(this.#at.bindImports, namespace);
    if (vm.isException(bound)) this.#fail(run, exports.qjs_get_exception());
    for (const value of [namespace, bound]) vm.free(value);
    forgetNames(vm, this.#scopes, names);
    return run.failure === undefined;
  }

  /** A program that is over without having been stopped hears of it. */
  #endProgram(run: Run): void {
    const { stop } = run;
    if (stop !== undefined && stop.kind !== "failed") return;
    run.stop = undefined;
    const vm = this.#vm;
    const failed = vm.exports.qjs_new_number(stop === undefined ? 0 : 1);
    const ended = vm.call(this.#at.endProgram, failed);
    if (vm.isException(ended)) this.#fail(run, vm.exports.qjs_get_exception());
    for (const value of [failed, ended]) vm.free(value);
    run.stop = stop ?? run.stop;
  }

  /**
   * Runs promise jobs and timers, and takes answers to calls, until nothing is left to wait for or the run is stopped.
   * `main` is a promise to watch. True if that waits for answers alone which come another day, and `maySuspend`.
   */
  #settle(run: Run, main: Pointer | undefined, maySuspend = false): boolean {
    const { exports } = this.#vm;
    let watched = main;
    while (run.stop === undefined) {
      this.#runJobs(run);
      if (run.stop !== undefined) return false;
      for (const reason of this.#rejections.take()) this.#fail(run, reason);
      if (watched !== undefined && exports.qjs_promise_state(watched) === promiseStates.rejected) {
        this.#fail(run, exports.qjs_promise_result(watched));
        watched = undefined;
      }
      if (run.stop !== undefined) return false;
      // A failure would be lost to whoever goes on with the run.
      const isAwaited =
        main !== undefined &&
        exports.qjs_promise_state(main) === promiseStates.pending &&
        run.failure === undefined;
      const delayMs = this.#advance(run, maySuspend && isAwaited);
      if (delayMs < 0) return delayMs === suspendedMark;
      if (delayMs > 0) this.#host.clocks.sleep(delayMs, this.#host.signals.wait);
      this.#poll();
    }
    return false;
  }

  /** Runs promise jobs until none is left. */
  #runJobs(run: Run): void {
    const { exports } = this.#vm;
    for (let count = 1; run.stop === undefined && exports.qjs_is_job_pending() !== 0; count++) {
      if (exports.qjs_execute_pending_job() < 0) this.#fail(run, exports.qjs_get_exception());
      // Jobs that are all native code would never let the engine ask.
      if (count % 1024 === 0) this.#poll();
    }
  }

  /** The driver's `advance`. */
  #advance(run: Run, maySuspend: boolean): number {
    const asked = this.#vm.exports.qjs_new_number(maySuspend ? 1 : 0);
    const next = this.#vm.call(this.#at.advance, asked);
    this.#vm.free(asked);
    if (this.#vm.isException(next)) {
      this.#fail(run, this.#vm.exports.qjs_get_exception());
      return 0;
    }
    const delayMs = this.#vm.exports.qjs_get_float64(next);
    this.#vm.free(next);
    return delayMs;
  }

  /** What the promise of an asynchronous script or a module has come to. Takes and gives an owned cell. */
  #awaited(run: Run, kind: SourceKind, promise: Pointer): Pointer {
    const vm = this.#vm;
    const state = vm.exports.qjs_promise_state(promise);
    if (state === promiseStates.pending && run.stop === undefined) run.failure ??= neverSettled;
    let value = 0;
    if (state === promiseStates.fulfilled && kind === "async script") {
      // Such a script's promise is fulfilled with an object that holds the completion value.
      const result = vm.exports.qjs_promise_result(promise);
      value = vm.lend("value", (name) => vm.exports.qjs_get_prop_string(result, name));
      vm.free(result);
    }
    vm.free(promise);
    return value === 0 ? vm.exports.qjs_get_undefined() : value;
  }

  /** The value as text, if the run has gone well and it is not undefined. Consumes the cell. */
  #show(run: Run, value: Pointer): string | undefined {
    const vm = this.#vm;
    let text: string | undefined;
    const hasValue = () =>
      run.stop === undefined && run.failure === undefined && vm.exports.qjs_is_undefined(value) === 0;
    if (hasValue()) this.#takeValue(run, value);
    this.#reserve.open();
    if (hasValue()) {
      const plain = vm.exports.qjs_new_number(run.request.plainStrings === true ? 1 : 0);
      const shown = vm.call(this.#at.show, value, plain);
      vm.free(plain);
      if (vm.isException(shown)) this.#fail(run, vm.exports.qjs_get_exception());
      else text = vm.text(shown, this.#maxTextBytes);
      vm.free(shown);
      this.#keep(run, "_", value);
    }
    vm.free(value);
    return text;
  }

  /** The value as data, if the run asks for it and it can cross. The code that this runs is part of the run. */
  #takeValue(run: Run, value: Pointer): void {
    const vm = this.#vm;
    const { line } = this.#host;
    if (run.request.wantsValue !== true || line === undefined) return;
    const data = valueAsData(vm, this.#at.packed, value);
    if (data === undefined) {
      const error = vm.exports.qjs_get_exception();
      if (run.stop === undefined) vm.free(error);
      else this.#fail(run, error);
    } else if (bytesOfCrossing(data) <= line.maxCallBytes) run.value = data;
    this.#settle(run, undefined);
  }

  /** Lets the prompt's code have the last value, or error, by a name. */
  #keep({ request }: Run, name: string, value: Pointer): void {
    if (request.mode !== "interactive") return;
    const cell = this.#vm.newString(name);
    this.#vm.free(this.#vm.call(this.#at.keep, value, cell));
    this.#vm.free(cell);
  }

  /** Records an uncaught error. Consumes the cell. */
  #fail(run: Run, error: Pointer): void {
    if (run.stop === undefined || run.stop.kind === "interrupted") {
      const described = this.#describe(run, error);
      if (run.stop !== undefined) run.failure = described;
      else if (run.failure === undefined) {
        run.failure = described;
        this.#keep(run, "_error", error);
      } else this.#complain(`${asUncaught(described.text)}\n`);
      if (run.request.mode === "program") this.#stop({ kind: "failed" });
    }
    this.#vm.free(error);
  }

  #describe(run: Run, error: Pointer): Failure {
    const vm = this.#vm;
    const { exports } = vm;
    const isInterruption = run.stop !== undefined;
    // A run that is stopped for its memory is to tell of that, and not of the notice which it got.
    this.#interrupts = isInterruption || run.isStarved ? "quiet" : "signals";
    this.#reserve.open();
    const filename = vm.newString(run.request.filename);
    const shift = exports.qjs_new_number(run.columnShift);
    const type = isInterruption ? vm.newString(interruption.type) : exports.qjs_get_undefined();
    const parts = vm.call(this.#at.describe, error, filename, shift, type);
    for (const cell of [filename, shift, type]) vm.free(cell);
    this.#interrupts = "signals";
    this.#reserve.close();
    if (vm.isException(parts)) {
      vm.free(exports.qjs_get_exception());
      return run.stop === undefined ? outOfMemory : interruption;
    }
    const [name = "", message = "", text = ""] = [0, 1, 2].map((index) => {
      const part = exports.qjs_get_prop_uint32(parts, index);
      const value = vm.text(part, index === 0 ? maxTypeBytes : this.#maxTextBytes);
      vm.free(part);
      return value;
    });
    vm.free(parts);
    // With no memory for an error object, the engine throws null.
    if (name === "null" && this.memory.buffer.byteLength > this.#host.memoryBytes * nearlyFull)
      return outOfMemory;
    return { type: name, message, text, exitCode: isInterruption ? interruption.exitCode : 1 };
  }

  /** Ends what a stopped run has left to do: timers are forgotten, promise jobs end at their first step. */
  #clear(): void {
    const vm = this.#vm;
    for (const clear of [this.#at.clearTimers, this.#at.clearCalls]) vm.free(vm.call(clear));
    this.#interrupts = "clear";
    while (vm.exports.qjs_is_job_pending() !== 0) {
      vm.view.setInt32(this.#at.interruptCounter, 0, true);
      if (vm.exports.qjs_execute_pending_job() < 0) vm.free(vm.exports.qjs_get_exception());
    }
    this.#interrupts = "quiet";
    for (const reason of this.#rejections.take()) vm.free(reason);
  }

  /** Writes to standard error what the host has to say; how the run ends does not depend on its being taken. */
  #complain(text: string): void {
    try {
      writeAll(this.#host.stderr, encodeWtf8(text));
    } catch (error) {
      if (!(error instanceof ErrnoError)) throw error;
    }
  }

  /** `process.exitCode`. */
  #exitCode(): number {
    const cell = this.#vm.call(this.#at.exitCode);
    const code = this.#vm.exports.qjs_get_float64(cell);
    this.#vm.free(cell);
    return code & 0xff;
  }

  #stop(stop: Stop): void {
    if (this.#run !== undefined) this.#run.stop ??= stop;
  }

  #interrupted(): boolean {
    if (this.#interrupts !== "signals") return this.#interrupts === "clear";
    this.#poll();
    return this.#run?.stop !== undefined;
  }

  #poll(): void {
    if (this.#run?.stop === undefined && this.#host.signals.take() !== 0) this.#stop({ kind: "interrupted" });
  }

  /** An attribute of an import, if it has attributes, which are a JSValue and lent. */
  #attribute(attributes: bigint, name: string): string | undefined {
    const vm = this.#vm;
    const cell = vm.hold(attributes);
    try {
      if (vm.exports.qjs_is_undefined(cell) !== 0) return undefined;
      const value = vm.lend(name, (pointer) => vm.exports.qjs_get_prop_string(cell, pointer));
      const isThere = vm.exports.qjs_is_undefined(value) === 0;
      const text = isThere ? vm.text(value, maxAttributeBytes) : undefined;
      vm.free(value);
      return text;
    } finally {
      vm.release(cell);
    }
  }

  /** Hands a text to the module loader, or its failure to the code that imports. */
  #produce(text: () => string, lengthOut?: Pointer): Pointer {
    return settleHostCall(this.#vm, () => {
      const produced = moduleText(text);
      if (produced instanceof ModuleError) return throwModuleError(this.#vm, this.#at, produced);
      const bytes = encodeWtf8(produced);
      if (lengthOut !== undefined) this.#vm.view.setUint32(lengthOut, bytes.length, true);
      return this.#vm.allocate(bytes) || this.#vm.throwOutOfMemory();
    });
  }
}
