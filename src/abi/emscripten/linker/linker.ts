import { checkModule } from "./check-module.js";
import { type Dylink, readDylink } from "./dylink.js";
import { compile, makeInstance } from "./instances.js";
import {
  type LibraryFiles,
  type LinkedLibrary,
  type LinkedState,
  maxHandles,
  maxLibraries,
  maxSlots,
  maxTableSlots,
} from "./libraries.js";
import { LinkError } from "./link-error.js";
import { holdFunctionsExport, type MainSymbols, readSymbols } from "./main-symbols.js";
import { aligned, normalize } from "./places.js";
import { withoutData } from "./without-data.js";

/** What the main module gives to those that are linked with it. */
export interface MainModule {
  readonly module: WebAssembly.Module;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly memory: WebAssembly.Memory;
  readonly table: WebAssembly.Table;
  /** Zeroed memory of the guest's own; 0 if it has none left. */
  allocate(alignment: number, bytes: number): number;
}

/** Links libraries with a guest's main module while it runs. */
export interface Linker {
  /** Loads the library at a path, with those that it needs; `handle` is the guest's name for it from then on. */
  open(path: string, isGlobal: boolean, handle: number): void;
  /**
   * The address of a symbol: of data in the memory, of a function in the function table.
   *
   * @param handle Of a library. Any other: of all that is there for everyone.
   */
  symbol(handle: number, name: string): number;
  /** Undefined if nothing was linked. */
  save(): LinkedState | undefined;
  /** Links again what a state says, in a guest that has linked nothing. Its memory is to have the state's length. */
  restore(state: LinkedState): void;
}

type Func = (...args: unknown[]) => unknown;
/** A function, or the address of data. */
type Definition = Func | number;

interface Library {
  readonly path: string;
  readonly hash: string;
  isGlobal: boolean;
  readonly memoryBase: number;
  readonly tableBase: number;
  readonly handles: Set<number>;
  readonly symbols: ReadonlyMap<string, Definition>;
  readonly needed: readonly Library[];
}

interface Place {
  readonly memoryBase: number;
  readonly tableBase: number;
}

/** What a module exports for the linker alone. */
const linkersExports = new Set(["__wasm_call_ctors", "__wasm_apply_data_relocs"]);
/** Where libraries are looked for that say nothing better. */
const usualDirectories = ["/usr/lib", "/usr/local/lib"];

/** @throws LinkError from all of its functions where something cannot be linked; nothing has changed then. */
export function createLinker(main: MainModule, files: LibraryFiles): Linker {
  const { exports, memory, table } = main;
  const libraries: Library[] = [];
  const byPath = new Map<string, Library>();
  /** The slots of the functions of libraries; those of the main module are known by name. */
  const slots = new Map<Func, number>();
  /** Those that were asked for by name and had none. */
  const asked: Array<{ slot: number; library: number; name: string }> = [];
  let symbols: MainSymbols | undefined;

  /** The main module's symbols, from which on its functions are in the table. */
  function mainSymbols(): MainSymbols {
    if (symbols === undefined) {
      (exports[holdFunctionsExport] as () => void)();
      symbols = readSymbols(main.module);
    }
    return symbols;
  }

  function load(path: string, isGlobal: boolean, loading: readonly string[]): Library {
    const known = byPath.get(path);
    if (known !== undefined) {
      if (isGlobal) share(known);
      return known;
    }
    if (loading.includes(path)) throw new LinkError(`needs itself, by way of ${loading.at(-1)}`);
    const { hash, bytes, dylink } = openFile(path);
    const needed = dylink.needed.map((name) => {
      const found = findNeeded(name, dylink, path);
      try {
        return load(found, isGlobal, [...loading, path]);
      } catch (error) {
        throw error instanceof LinkError ? new LinkError(`needs ${found}, which ${error.message}`) : error;
      }
    });
    if (libraries.length >= maxLibraries)
      throw new LinkError(`cannot be loaded: more than ${maxLibraries} libraries`);
    const module = compile(bytes);
    checkImports(module, dylink, needed);
    const place = makePlace(dylink);
    const { library, start } = instantiate(module, dylink, { path, hash, isGlobal, needed, ...place });
    start();
    return library;
  }

  function openFile(path: string) {
    const file = files.find(path);
    if (file === undefined) {
      throw new LinkError("is a native module of no package that the session was given");
    }
    const bytes = file.read();
    const dylink = readDylink(bytes);
    checkModule(bytes);
    return { hash: file.hash, bytes, dylink };
  }

  /** A library and what it needs are for everyone from now on. */
  function share(library: Library): void {
    if (library.isGlobal) return;
    library.isGlobal = true;
    library.needed.forEach(share);
  }

  function findNeeded(name: string, { runtimePaths }: Dylink, path: string): string {
    const own = path.slice(0, path.lastIndexOf("/"));
    const directories = [
      ...runtimePaths.map((directory) => directory.replaceAll(/\$ORIGIN|\$\{ORIGIN\}/g, own)),
      own,
      ...usualDirectories,
    ];
    const paths = name.startsWith("/") ? [name] : directories.map((directory) => `${directory}/${name}`);
    const found = paths.map(normalize).find((candidate) => files.find(candidate) !== undefined);
    const others = files.named(name);
    const only = others.length === 1 ? others[0] : undefined;
    if (found === undefined && only === undefined) throw new LinkError(`needs ${name}, which there is not`);
    return (found ?? only) as string;
  }

  /** Fails before anything has changed if symbols are missing. */
  function checkImports(module: WebAssembly.Module, { weak }: Dylink, needed: readonly Library[]): void {
    const exported = WebAssembly.Module.exports(module);
    if (exported.some(({ name }) => name.startsWith("__em_js__") || name === "__start_em_asm")) {
      throw new LinkError("has JavaScript of its own, which is not run here");
    }
    const own = new Set(exported.map(({ name }) => name));
    const missing = WebAssembly.Module.imports(module).find(
      ({ module: from, name, kind }) =>
        (kind === "function" || from.startsWith("GOT.")) &&
        !weak.has(name) &&
        !own.has(name) &&
        find(name, needed) === undefined,
    );
    if (missing !== undefined) throw new LinkError(`has an undefined symbol: ${missing.name}`);
  }

  function makePlace({ memoryBytes, memoryAlignment, tableSlots, tableAlignment }: Dylink): Place {
    mainSymbols();
    const tableBase = aligned(table.length, tableAlignment);
    if (tableBase + tableSlots > maxTableSlots) {
      throw new LinkError(`asks for ${tableSlots} slots of the function table, which are not left`);
    }
    const memoryBase = memoryBytes === 0 ? 0 : main.allocate(2 ** Math.max(memoryAlignment, 4), memoryBytes);
    if (memoryBytes > 0 && !isInMemory(memoryBase, memoryBytes)) {
      throw new LinkError(`asks for ${memoryBytes} bytes of memory, which are not left`);
    }
    growTable(tableBase + tableSlots);
    return { memoryBase, tableBase };
  }

  function isInMemory(base: number, bytes: number): boolean {
    return base !== 0 && base + bytes <= memory.buffer.byteLength;
  }

  function growTable(length: number): void {
    if (length > table.length) table.grow(length - table.length);
  }

  type Wanted = Pick<Library, "path" | "hash" | "isGlobal" | "needed"> & Place;

  /** Its symbols are found from then on; `start` relocates its data and runs its constructors. */
  function instantiate(
    module: WebAssembly.Module,
    { tableSlots }: Dylink,
    wanted: Wanted,
  ): { readonly library: Library; start(): void } {
    const { memoryBase, tableBase, needed } = wanted;
    const entries: Array<readonly [name: string, entry: WebAssembly.Global]> = [];
    const own = new Map<string, Definition>();
    const given: Record<string, unknown> = {
      memory,
      __indirect_function_table: table,
      __memory_base: numberGlobal(memoryBase, false),
      __table_base: numberGlobal(tableBase, false),
      __stack_pointer: exports.__stack_pointer,
      __cpp_exception: exports.__cpp_exception,
      __c_longjmp: exports.__c_longjmp,
    };
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      if (from === "GOT.func" || from === "GOT.mem") {
        const entry = numberGlobal(0, true);
        entries.push([name, entry]);
        imports[from][name] = entry;
      } else if (kind === "function") {
        imports[from][name] = functionFor(name, needed, own);
      } else if (Object.hasOwn(given, name)) {
        imports[from][name] = given[name];
      }
    }
    const { exports: exported } = makeInstance(module, imports as WebAssembly.Imports);
    for (const [name, value] of Object.entries(exported)) {
      if (linkersExports.has(name)) continue;
      if (typeof value === "function") own.set(name, value as Func);
      else if (value instanceof WebAssembly.Global) own.set(name, (Number(value.value) + memoryBase) >>> 0);
    }
    for (let slot = tableBase; slot < tableBase + tableSlots; slot++) {
      const entry = table.get(slot) as Func | null;
      if (entry !== null && !slots.has(entry)) slots.set(entry, slot);
    }
    const library: Library = { ...wanted, handles: new Set(), symbols: own };
    libraries.push(library);
    byPath.set(library.path, library);
    try {
      for (const [name, entry] of entries) {
        const definition = find(name, needed) ?? own.get(name);
        if (definition !== undefined) entry.value = addressOf(name, definition);
      }
    } catch (error) {
      libraries.pop();
      byPath.delete(library.path);
      throw error;
    }
    return {
      library,
      start() {
        (exported.__wasm_apply_data_relocs as (() => void) | undefined)?.();
        (exported.__wasm_call_ctors as (() => void) | undefined)?.();
      },
    };
  }

  /** What is there for a library that needs others, its own symbols apart, which come last. */
  function find(name: string, needed: readonly Library[]): Definition | undefined {
    const { functions, data } = mainSymbols();
    const slot = functions.get(name);
    if (slot !== undefined) return table.get(slot) as Func;
    const address = data.get(name);
    if (address !== undefined) return address;
    for (const library of libraries) {
      const found = library.isGlobal ? library.symbols.get(name) : undefined;
      if (found !== undefined) return found;
    }
    return findIn(needed, name);
  }

  function functionFor(name: string, needed: readonly Library[], own: ReadonlyMap<string, Definition>): Func {
    const found = find(name, needed);
    if (typeof found === "function") return found as Func;
    // Of its own, which are there once it is made; or a weak one that nobody has.
    return (...args) => {
      const later = own.get(name);
      if (typeof later !== "function")
        throw new WebAssembly.RuntimeError(`a call to ${name}, which there is not`);
      return later(...args);
    };
  }

  /** The slot of a function, a new one if it has none. */
  function addressOf(name: string, definition: Definition): number {
    if (typeof definition === "number") return definition;
    const inMain = mainSymbols().functions.get(name);
    if (inMain !== undefined && table.get(inMain) === definition) return inMain;
    let slot = slots.get(definition);
    if (slot === undefined) {
      if (table.length >= maxTableSlots) throw new LinkError("has functions for which no slots are left");
      slot = table.length;
      table.grow(1);
      table.set(slot, definition);
      slots.set(definition, slot);
    }
    return slot;
  }

  function findAsked(handle: number, name: string) {
    const library = libraries.find(({ handles }) => handles.has(handle));
    const found = library === undefined ? find(name, []) : findIn([library], name);
    if (found === undefined) {
      throw new LinkError(`undefined symbol: ${name}${library === undefined ? "" : ` in ${library.path}`}`);
    }
    return found;
  }

  /** Puts the functions that were asked for by name into the slots below a place. */
  function fillSlots(wanted: LinkedState["slots"], end: number): void {
    for (const { slot, library, name } of wanted) {
      const definition = libraries[library]?.symbols.get(name);
      if (slot >= end || typeof definition !== "function" || slots.has(definition)) continue;
      growTable(slot + 1);
      table.set(slot, definition);
      slots.set(definition, slot);
      asked.push({ slot, library, name });
    }
  }

  function restoreLibrary({ path, hash, isGlobal, memoryBase, tableBase, handles }: LinkedLibrary): void {
    const file = openFile(path);
    const { dylink } = file;
    if (file.hash !== hash || byPath.has(path)) throw new LinkError(`${path} is not the library that it was`);
    const needed = dylink.needed.map((name) => {
      const library = byPath.get(findNeeded(name, dylink, path));
      if (library === undefined) throw new LinkError(`${path} is there without ${name}`);
      return library;
    });
    const { memoryBytes, tableSlots } = dylink;
    if (tableBase < table.length || tableBase + tableSlots > maxTableSlots) {
      throw new LinkError(`${path} has no such place in the function table`);
    }
    if (memoryBytes > 0 && !isInMemory(memoryBase, memoryBytes)) {
      throw new LinkError(`${path} has no such place in the memory`);
    }
    growTable(tableBase + tableSlots);
    const module = compile(withoutData(file.bytes));
    const { library } = instantiate(module, dylink, { path, hash, isGlobal, needed, memoryBase, tableBase });
    for (const handle of handles) library.handles.add(handle);
  }

  return {
    open(path, isGlobal, handle) {
      const { handles } = load(normalize(path), isGlobal, []);
      if (handles.size >= maxHandles) throw new LinkError(`is known by more than ${maxHandles} names`);
      handles.add(handle);
    },
    symbol(handle, name) {
      const definition = findAsked(handle, name);
      if (asked.length >= maxSlots)
        throw new LinkError(`more than ${maxSlots} functions were asked for by name`);
      const before = table.length;
      const address = addressOf(name, definition);
      const library = libraries.findIndex(({ symbols: own }) => own.get(name) === definition);
      if (table.length > before) asked.push({ slot: address, library, name });
      return address;
    },
    save() {
      if (symbols === undefined) return undefined;
      const saved = libraries.map(({ path, hash, isGlobal, memoryBase, tableBase, handles }) => {
        return { path, hash, isGlobal, memoryBase, tableBase, handles: [...handles] };
      });
      return { libraries: saved, slots: asked };
    },
    restore({ libraries: linked, slots: wanted }) {
      mainSymbols();
      for (const library of linked) {
        fillSlots(wanted, library.tableBase);
        restoreLibrary(library);
      }
      fillSlots(wanted, maxTableSlots);
    },
  };
}

/** The libraries themselves, then what they need, and so on. */
function findIn(searched: readonly Library[], name: string): Definition | undefined {
  const seen = new Set(searched);
  for (const library of seen) {
    const found = library.symbols.get(name);
    if (found !== undefined) return found;
    for (const next of library.needed) seen.add(next);
  }
  return undefined;
}

function numberGlobal(value: number, mutable: boolean): WebAssembly.Global {
  return new WebAssembly.Global({ value: "i32", mutable }, value | 0);
}
