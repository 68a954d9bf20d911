/**
 * The WebAssembly build of swc's type stripper, as the package `amaro` has it. It parses a stranger's text, so it gets
 * what it needs and nothing else: the glue that comes with it could make functions of the host's, and reach every object
 * of it. Here its values are texts, numbers and objects of our own, and each text is stripped by an instance of its own.
 */
/** Longer texts are refused: what parsing takes grows with them. In UTF-16 units. */
export const maxTypeScriptLength = 1024 * 1024;

/** Why the types of a text cannot be stripped. */
export class ErrorOfTypes extends Error {
  override readonly name = "ErrorOfTypes";

  constructor(
    message: string,
    /** Where, from 1. `isUnsupported`: it is right, and more than a type. Absent: the text as a whole is meant. */
    readonly place?: { readonly isUnsupported: boolean; readonly line: number; readonly column: number },
  ) {
    super(message);
  }
}

interface StripperExports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_add_to_stack_pointer(bytes: number): number;
  /** Allocates. */
  __wbindgen_export_2(bytes: number, alignment: number): number;
  transformSync(resultOut: number, input: number, options: number): void;
}

/** What of its exports is used. */
export const stripperExports: readonly (keyof StripperExports)[] = [
  "memory",
  "__wbindgen_add_to_stack_pointer",
  "__wbindgen_export_2",
  "transformSync",
];

/** An object of the stripper's: its options, its result, an error. */
type Members = Map<unknown, unknown>;

/**
 * The text with blanks in the place of its types, so that all else stays where it was. Throws an `ErrorOfTypes` for what
 * is no TypeScript, what is more than types (an enum), and what is too long or too deep.
 */
export function stripTypes(module: WebAssembly.Module, text: string): string {
  if (text.length > maxTypeScriptLength) {
    throw new ErrorOfTypes(
      `TypeScript may have ${maxTypeScriptLength} characters, and this has ${text.length}`,
    );
  }
  const values = new Handles();
  let exports: StripperExports;
  try {
    const imports = importsOf(module, values, () => exports);
    exports = new WebAssembly.Instance(module, imports).exports as unknown as StripperExports;
    const out = exports.__wbindgen_add_to_stack_pointer(-16);
    const options: Members = new Map<unknown, unknown>([
      ["mode", "strip-only"],
      ["deprecatedTsModuleAsError", true],
    ]);
    exports.transformSync(out, values.add(text), values.add(options));
    const view = new DataView(exports.memory.buffer);
    const [result, problem, hasFailed] = [0, 4, 8].map((offset) => view.getUint32(out + offset, true));
    if (hasFailed === 0) return textOf(members(values.get(result as number)).get("code"));
    throw errorOf(members(values.get(problem as number)));
  } catch (error) {
    if (error instanceof ErrorOfTypes) throw error;
    // It has met the end of its stack or of its memory.
    throw new ErrorOfTypes("the TypeScript is nested too deeply, or needs too much memory to be parsed");
  }
}

function errorOf(found: Members): ErrorOfTypes {
  const number = (name: string) => Number(found.get(name)) || 0;
  const message = textOf(found.get("message"));
  return new ErrorOfTypes(message, {
    isUnsupported: found.get("code") === "UnsupportedSyntax",
    line: number("startLine"),
    column: number("startColumn") + 1,
  });
}

function members(value: unknown): Members {
  if (value instanceof Map) return value;
  throw new TypeError("no object");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  throw new TypeError("no text");
}

/** Values by the numbers that the module knows them by. The first of them are fixed. */
class Handles {
  readonly #values: unknown[] = [...new Array(128), undefined, null, true, false];
  readonly #free: number[] = [];

  get(handle: number): unknown {
    return this.#values[handle];
  }

  add(value: unknown): number {
    const handle = this.#free.pop() ?? this.#values.length;
    this.#values[handle] = value;
    return handle;
  }

  take(handle: number): unknown {
    const value = this.#values[handle];
    if (handle >= 132 && handle < this.#values.length) {
      this.#values[handle] = undefined;
      this.#free.push(handle);
    }
    return value;
  }
}

/** Those that stripping uses; any other fails. Their names end in numbers that belong to the build. */
function importsOf(
  module: WebAssembly.Module,
  values: Handles,
  exports: () => StripperExports,
): WebAssembly.Imports {
  const bytes = (pointer: number, length: number) =>
    new Uint8Array(exports().memory.buffer, pointer >>> 0, length >>> 0);
  const string = (pointer: number, length: number) => new TextDecoder().decode(bytes(pointer, length));
  const isNothing = (value: unknown) => value === undefined || value === null;
  const own: Readonly<Record<string, (...args: readonly number[]) => number | undefined>> = {
    __wbindgen_is_falsy: (value = 0) => (values.get(value) ? 0 : 1),
    __wbindgen_is_object: (value = 0) => (values.get(value) instanceof Map ? 1 : 0),
    __wbindgen_is_undefined: (value = 0) => (values.get(value) === undefined ? 1 : 0),
    __wbindgen_is_string: (value = 0) => (typeof values.get(value) === "string" ? 1 : 0),
    __wbindgen_boolean_get: (value = 0) => {
      const found = values.get(value);
      return typeof found === "boolean" ? (found ? 1 : 0) : 2;
    },
    __wbindgen_jsval_loose_eq: (first = 0, second = 0) => {
      const [a, b] = [values.get(first), values.get(second)];
      return a === b || (isNothing(a) && isNothing(b)) ? 1 : 0;
    },
    __wbindgen_string_new: (pointer = 0, length = 0) => values.add(string(pointer, length)),
    __wbindgen_number_new: (value = 0) => values.add(value),
    __wbindgen_string_get(out = 0, value = 0) {
      const found = values.get(value);
      const text = typeof found === "string" ? new TextEncoder().encode(found) : undefined;
      const pointer = text === undefined ? 0 : exports().__wbindgen_export_2(text.length, 1);
      if (text !== undefined) bytes(pointer, text.length).set(text);
      const view = new DataView(exports().memory.buffer);
      view.setUint32(out, pointer, true);
      view.setUint32(out + 4, text?.length ?? 0, true);
      return undefined;
    },
    __wbindgen_object_clone_ref: (value = 0) => values.add(values.get(value)),
    __wbindgen_object_drop_ref(value = 0) {
      values.take(value);
      return undefined;
    },
    __wbindgen_in: (key = 0, object = 0) => (members(values.get(object)).has(values.get(key)) ? 1 : 0),
    __wbg_getwithrefkey_1dc361bd10053bfe: (object = 0, key = 0) =>
      values.add(members(values.get(object)).get(values.get(key))),
    __wbg_new_405e22f390576ce2: () => values.add(new Map()),
    __wbg_set_3f1d0b984ed272ed(object = 0, key = 0, value = 0) {
      members(values.get(object)).set(values.take(key), values.take(value));
      return undefined;
    },
  };
  const imports: Record<string, Record<string, (...args: readonly number[]) => number | undefined>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = Object.hasOwn(own, name)
      ? (own[name] as (typeof own)[string])
      : () => {
          throw new TypeError(`the stripper of types has no ${name}`);
        };
  }
  return imports;
}
