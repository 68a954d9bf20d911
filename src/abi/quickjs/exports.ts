/** A pointer into linear memory. */
export type Pointer = number;

/**
 * What this binding calls in `quickjs.wasm`: the `qjs_*` helpers of the build, which pass a JSValue as a pointer
 * to an allocated cell, and the few functions of QuickJS's own C API that have no such helper, which pass it as
 * an i64. A module may be stripped of every other export.
 */
export interface QuickJsExports {
  readonly memory: WebAssembly.Memory;
  readonly __stack_pointer: WebAssembly.Global;
  readonly __indirect_function_table: WebAssembly.Table;
  _initialize(): void;
  qjs_init(): number;
  qjs_set_runtime_and_context(runtime: Pointer, context: Pointer): void;
  qjs_get_runtime_ptr(): Pointer;
  qjs_get_context_ptr(): Pointer;
  qjs_set_interrupt_handler(enabled: number): void;
  qjs_set_promise_rejection_handler(enabled: number): void;
  qjs_set_module_loader(enabled: number): void;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_new_string(bytes: Pointer, length: number): Pointer;
  qjs_new_number(value: number): Pointer;
  qjs_get_undefined(): Pointer;
  qjs_get_float64(value: Pointer): number;
  qjs_get_string_len(value: Pointer, lengthOut: Pointer): Pointer;
  qjs_free_cstring(string: Pointer): void;
  qjs_is_exception(value: Pointer): number;
  qjs_is_undefined(value: Pointer): number;
  qjs_is_proxy(value: Pointer): number;
  qjs_get_class_name(value: Pointer): Pointer;
  qjs_get_proxy_target(value: Pointer): Pointer;
  qjs_promise_state(promise: Pointer): number;
  qjs_promise_result(promise: Pointer): Pointer;
  qjs_promise_mark_as_handled(promise: Pointer): void;
  qjs_dup_value(value: Pointer): Pointer;
  qjs_free_value(value: Pointer): void;
  qjs_get_global(): Pointer;
  qjs_get_prop_string(object: Pointer, name: Pointer): Pointer;
  qjs_get_prop_uint32(object: Pointer, index: number): Pointer;
  qjs_call(callee: Pointer, thisValue: Pointer, count: number, values: Pointer): Pointer;
  qjs_new_host_function(name: Pointer, length: number, parameters: number): Pointer;
  qjs_is_job_pending(): number;
  qjs_execute_pending_job(): number;
  qjs_get_exception(): Pointer;
  qjs_throw(value: Pointer): Pointer;
  qjs_new_error(): Pointer;
  qjs_define_prop_string(object: Pointer, name: Pointer, value: Pointer, flags: number): number;
  qjs_new_array_buffer(bytes: Pointer, length: number): Pointer;
  /** Stores the length at `lengthOut`. 0 if it is no ArrayBuffer, or detached. */
  qjs_get_array_buffer(value: Pointer, lengthOut: Pointer): Pointer;
  qjs_run_gc(): void;
  wasm_malloc(bytes: number): Pointer;
  wasm_free(pointer: Pointer): void;
  JS_Eval2(context: Pointer, code: Pointer, length: number, options: Pointer): bigint;
  JS_EvalFunction(context: Pointer, compiled: bigint): bigint;
  /** An owned object, which the module keeps. */
  JS_GetImportMeta(context: Pointer, module: Pointer): bigint;
  /** An owned object. The module must have been linked. */
  JS_GetModuleNamespace(context: Pointer, module: Pointer): bigint;
  JS_DetectModule(code: Pointer, length: number): number;
  JS_NewAtomLen(context: Pointer, name: Pointer, length: number): number;
  JS_FreeAtom(context: Pointer, atom: number): void;
  JS_GetOwnProperty(context: Pointer, descriptor: Pointer, object: bigint, atom: number): number;
  JS_DeleteProperty(context: Pointer, object: bigint, atom: number, flags: number): number;
  JS_SetUncatchableError(context: Pointer, error: bigint): void;
  JS_ThrowOutOfMemory(context: Pointer): bigint;
  /** The function's index in the table. */
  JS_SetModuleNormalizeFunc2(runtime: Pointer, normalize: number): void;
  /** Counted by the engine, as what it frees must be. */
  js_malloc(context: Pointer, bytes: number): Pointer;
}

/** What the engine calls itself whenever it was refused memory. */
export const outOfMemoryExport = "JS_ThrowOutOfMemory" satisfies keyof QuickJsExports;

/** The names above, for whoever strips the module of the others. */
export const requiredExports: ReadonlyArray<keyof QuickJsExports> = [
  "memory",
  "__stack_pointer",
  "__indirect_function_table",
  "_initialize",
  "qjs_init",
  "qjs_set_runtime_and_context",
  "qjs_get_runtime_ptr",
  "qjs_get_context_ptr",
  "qjs_set_interrupt_handler",
  "qjs_set_promise_rejection_handler",
  "qjs_set_module_loader",
  "qjs_set_memory_limit",
  "qjs_set_max_stack_size",
  "qjs_new_string",
  "qjs_new_number",
  "qjs_get_undefined",
  "qjs_get_float64",
  "qjs_get_string_len",
  "qjs_free_cstring",
  "qjs_is_exception",
  "qjs_is_undefined",
  "qjs_is_proxy",
  "qjs_get_class_name",
  "qjs_get_proxy_target",
  "qjs_promise_state",
  "qjs_promise_result",
  "qjs_promise_mark_as_handled",
  "qjs_dup_value",
  "qjs_free_value",
  "qjs_get_global",
  "qjs_get_prop_string",
  "qjs_get_prop_uint32",
  "qjs_call",
  "qjs_new_host_function",
  "qjs_is_job_pending",
  "qjs_execute_pending_job",
  "qjs_get_exception",
  "qjs_throw",
  "qjs_new_error",
  "qjs_define_prop_string",
  "qjs_new_array_buffer",
  "qjs_get_array_buffer",
  "qjs_run_gc",
  "wasm_malloc",
  "wasm_free",
  "JS_Eval2",
  "JS_EvalFunction",
  "JS_GetImportMeta",
  "JS_GetModuleNamespace",
  "JS_DetectModule",
  "JS_NewAtomLen",
  "JS_FreeAtom",
  "JS_GetOwnProperty",
  "JS_DeleteProperty",
  "JS_SetUncatchableError",
  "JS_ThrowOutOfMemory",
  "JS_SetModuleNormalizeFunc2",
  "js_malloc",
];
