import type { Pointer } from "../../../abi/quickjs/exports.js";
import { evalFlags, type Vm } from "../../../abi/quickjs/vm.js";

/**
 * Where the engine keeps its modules: a list whose ends are in the context, each entry in its module. No function of
 * the engine gives a module by its name.
 */
export interface ModulePlaces {
  /** The address of the list's two ends: the last module's entry, then the first one's. */
  readonly moduleList: Pointer;
  /** Where in a module its entry is, and the atom of its name. */
  readonly moduleEntry: number;
  readonly moduleName: number;
}

/** Finds them with a module, the first one of the engine. Throws if this is not the engine the file was written for. */
export function findModulePlaces(vm: Vm): ModulePlaces {
  const name = "layout";
  const cell = vm.evaluate("", name, evalFlags.compileOnly | evalFlags.module);
  const module = moduleOf(vm, cell);
  const atom = atomOf(vm, name);
  const { view } = vm;
  const offsets = Array.from({ length: 32 }, (_, index) => 4 * index);
  const moduleName = offsets.find((offset) => view.getUint32(module + offset, true) === atom);
  const moduleEntry = offsets.find((offset) => {
    const place = view.getUint32(module + offset, true);
    if (place < vm.context || place > vm.context + 1024) return false;
    const points = (address: number) => view.getUint32(address, true) === module + offset;
    return view.getUint32(module + offset + 4, true) === place && points(place) && points(place + 4);
  });
  vm.exports.JS_FreeAtom(vm.context, atom);
  if (moduleName === undefined || moduleEntry === undefined) {
    throw new Error("the modules of this QuickJS build are not laid out as expected");
  }
  return { moduleList: view.getUint32(module + moduleEntry, true), moduleEntry, moduleName };
}

/** The module in a cell. */
export function moduleOf(vm: Vm, cell: Pointer): Pointer {
  return vm.view.getUint32(cell, true);
}

/** The newest module of a name; undefined if there is none. */
export function findModule(vm: Vm, places: ModulePlaces, name: string): Pointer | undefined {
  const { view } = vm;
  const atom = atomOf(vm, name);
  let entry = view.getUint32(places.moduleList, true);
  while (entry !== places.moduleList) {
    const module = entry - places.moduleEntry;
    if (view.getUint32(module + places.moduleName, true) === atom) break;
    entry = view.getUint32(entry, true);
  }
  vm.exports.JS_FreeAtom(vm.context, atom);
  return entry === places.moduleList ? undefined : entry - places.moduleEntry;
}

function atomOf(vm: Vm, name: string): number {
  return vm.lend(name, (bytes, length) => vm.exports.JS_NewAtomLen(vm.context, bytes, length));
}
