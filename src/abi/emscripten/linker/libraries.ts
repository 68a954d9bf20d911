/** The native libraries that a guest may load: files of packages that are known by their hashes, and nothing else. */
export interface LibraryFiles {
  /** The library at an absolute path of the guest's. Undefined: there is none that may be loaded. */
  find(path: string): LibraryFile | undefined;
  /** The paths of all libraries whose file has a name. */
  named(name: string): readonly string[];
}

export interface LibraryFile {
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly hash: string;
  /** Its bytes, which have that hash. */
  read(): Uint8Array<ArrayBuffer>;
}

/** What a guest has linked, in a form that can be stored: enough to link the same again to the same places. */
export interface LinkedState {
  /** In the order in which they were linked. */
  readonly libraries: readonly LinkedLibrary[];
  /** Functions that were given slots of their own since, in ascending order of these. */
  readonly slots: readonly LinkedSlot[];
}

export interface LinkedLibrary {
  readonly path: string;
  readonly hash: string;
  /** Whether its symbols are for all (`RTLD_GLOBAL`). */
  readonly isGlobal: boolean;
  readonly memoryBase: number;
  readonly tableBase: number;
  /** The handles by which the guest knows it. */
  readonly handles: readonly number[];
}

export interface LinkedSlot {
  readonly slot: number;
  /** The library's place in the list. */
  readonly library: number;
  readonly name: string;
}

/** The most libraries that a guest may have. */
export const maxLibraries = 512;
/** The most functions that get slots because their addresses were asked for by name. */
export const maxSlots = 1024;
/** The most slots of the function table. */
export const maxTableSlots = 1024 * 1024;
const maxNameLength = 4096;
/** The most handles of a library. */
export const maxHandles = 64;

/** Checks what may be a stranger's. Whether the libraries are there is not looked at. */
export function isLinkedState(value: unknown): value is LinkedState {
  const { libraries, slots } = Object(value);
  return (
    Array.isArray(libraries) &&
    libraries.length <= maxLibraries &&
    libraries.every(isLinkedLibrary) &&
    Array.isArray(slots) &&
    slots.length <= maxSlots &&
    slots.every((slot) => isLinkedSlot(slot, libraries.length)) &&
    slots.every(({ slot }, index) => slot > (slots[index - 1]?.slot ?? 0))
  );
}

function isLinkedLibrary(value: unknown): value is LinkedLibrary {
  const { path, hash, isGlobal, memoryBase, tableBase, handles } = Object(value);
  return (
    isName(path) &&
    isName(hash) &&
    typeof isGlobal === "boolean" &&
    isBelow(memoryBase, 2 ** 32) &&
    isBelow(tableBase, maxTableSlots) &&
    Array.isArray(handles) &&
    handles.length <= maxHandles &&
    handles.every((handle) => isBelow(handle, 2 ** 32))
  );
}

function isLinkedSlot(value: unknown, libraryCount: number): value is LinkedSlot {
  const { slot, library, name } = Object(value);
  return isBelow(slot, maxTableSlots) && isBelow(library, libraryCount) && isName(name);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxNameLength;
}

function isBelow(value: unknown, limit: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < limit;
}
