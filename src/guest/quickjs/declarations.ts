import type { Pointer } from "../../abi/quickjs/exports.js";
import { evalFlags, type Vm } from "../../abi/quickjs/vm.js";

/**
 * A compiled script begins with a check of every name that it declares at the top level, and only then defines
 * them and runs. This file reads those checks from the compiled script, so that the lexical declarations of
 * earlier cells can make way before anything runs, exactly where the engine would refuse.
 *
 * Each check is one instruction: opcode, atom (4 bytes), flags (1 byte). So is each definition, one for every
 * checked name, in the same order; a function's is preceded by the instruction that makes its closure.
 */
export interface ScriptLayout {
  /** Where a compiled function holds the pointer to its instructions. */
  readonly codeField: number;
  readonly checkDefineVar: number;
  readonly defineVar: number;
  readonly defineFunction: number;
  /** The closure instruction with a one-byte and with a four-byte operand. */
  readonly closure8: number;
  readonly closure32: number;
}

const lexicalFlag = 1 << 7;
const configurableFlag = 1 << 0;
const checkBytes = 6;

interface Declaration {
  readonly atom: number;
  readonly flags: number;
}

/** Finds the layout in a known script. Throws if this is not the engine that the file was written for. */
export function findScriptLayout(vm: Vm): ScriptLayout {
  const count = 300;
  const names = Array.from({ length: count }, (_, index) => `function f${index}(){}`);
  const cell = vm.evaluate(`let a; var b; ${names.join("")}`, "layout", evalFlags.compileOnly);
  const compiled = objectPointer(vm, cell);
  const { view } = vm;
  const atom = vm.lend("a", (name, length) => vm.exports.JS_NewAtomLen(vm.context, name, length));
  for (let codeField = 0; codeField < 128; codeField += 4) {
    const code = view.getUint32(compiled + codeField, true);
    if (code === 0 || code > view.byteLength - 16384 || view.getUint32(code + 1, true) !== atom) continue;
    const checks = count + 2;
    const definitions = code + checks * checkBytes;
    const firstFunction = definitions + 2 * checkBytes;
    // The first 256 closures take two bytes, all others five.
    const lastFunction = firstFunction + 256 * (2 + 6) + (count - 257) * (5 + 6);
    const layout: ScriptLayout = {
      codeField,
      checkDefineVar: view.getUint8(code),
      defineVar: view.getUint8(definitions),
      closure8: view.getUint8(firstFunction),
      defineFunction: view.getUint8(firstFunction + 2),
      closure32: view.getUint8(lastFunction),
    };
    if (view.getUint8(lastFunction + 5) !== layout.defineFunction) break;
    if (readDeclarations(vm, layout, code).length !== checks) break;
    vm.exports.JS_FreeAtom(vm.context, atom);
    vm.free(cell);
    return layout;
  }
  throw new Error("the compiled scripts of this QuickJS build are not laid out as expected");
}

/**
 * Lets a compiled script declare again what earlier ones declared with `let`, `const` or `class`. If the script
 * cannot pass the engine's checks anyway, nothing is touched.
 *
 * Top-level `var` and `function` become configurable properties of the global object, as in a console, so that a
 * later `let` may take their names.
 */
export function makeWay(vm: Vm, layout: ScriptLayout, script: Pointer, globals: ScriptScopes): void {
  const code = vm.view.getUint32(objectPointer(vm, script) + layout.codeField, true);
  const declarations = readDeclarations(vm, layout, code);
  if (declarations.length === 0) return;
  allowRedefinition(vm, layout, code + declarations.length * checkBytes, declarations.length);
  for (const { atom, flags } of declarations) {
    if (flags & lexicalFlag && isFixed(vm, globals.global, atom)) return;
  }
  for (const { atom } of declarations) vm.exports.JS_DeleteProperty(vm.context, globals.lexical, atom, 0);
}

/** Forgets names that `let`, `const` and `class` have declared, so that the global object's are seen. */
export function forgetNames(vm: Vm, { lexical }: ScriptScopes, names: readonly string[]): void {
  for (const name of names) {
    const atom = vm.lend(name, (bytes, length) => vm.exports.JS_NewAtomLen(vm.context, bytes, length));
    vm.exports.JS_DeleteProperty(vm.context, lexical, atom, 0);
    vm.exports.JS_FreeAtom(vm.context, atom);
  }
}

/** The two objects that hold a script's names, as JSValues. */
export interface ScriptScopes {
  readonly global: bigint;
  /** The object, unreachable for scripts, whose properties are the global `let`, `const` and `class` names. */
  readonly lexical: bigint;
}

function readDeclarations(vm: Vm, layout: ScriptLayout, code: Pointer): Declaration[] {
  const { view } = vm;
  const declarations: Declaration[] = [];
  for (let at = code; view.getUint8(at) === layout.checkDefineVar; at += checkBytes) {
    declarations.push({ atom: view.getUint32(at + 1, true), flags: view.getUint8(at + 5) });
  }
  return declarations;
}

function allowRedefinition(vm: Vm, layout: ScriptLayout, code: Pointer, count: number): void {
  const { view } = vm;
  let at = code;
  for (let defined = 0; defined < count; ) {
    const instruction = view.getUint8(at);
    if (instruction === layout.closure8) at += 2;
    else if (instruction === layout.closure32) at += 5;
    else if (instruction === layout.defineVar || instruction === layout.defineFunction) {
      const flags = view.getUint8(at + 5);
      if (!(flags & lexicalFlag)) view.setUint8(at + 5, flags | configurableFlag);
      at += checkBytes;
      defined++;
    } else return;
  }
}

/** Whether the object has an own property of the name that cannot be redefined (`undefined`, `NaN`). */
function isFixed(vm: Vm, object: bigint, atom: number): boolean {
  // JSPropertyDescriptor: flags, then value, getter and setter, each 8 bytes at a multiple of 8.
  const descriptor = vm.scratch(32);
  if (vm.exports.JS_GetOwnProperty(vm.context, descriptor, object, atom) <= 0) return false;
  const fixed = (vm.view.getInt32(descriptor, true) & configurableFlag) === 0;
  const held = [8, 16, 24].map((offset) => vm.view.getBigInt64(descriptor + offset, true));
  for (const value of held) vm.free(vm.hold(value));
  return fixed;
}

/** Where a compiled script's instructions are: their length stands behind their address. */
export function codeOf(vm: Vm, script: Pointer, codeField: number): { start: Pointer; end: Pointer } {
  const compiled = objectPointer(vm, script);
  const start = vm.view.getUint32(compiled + codeField, true);
  return { start, end: start + vm.view.getUint32(compiled + codeField + 4, true) };
}

/** On this target the low half of a JSValue is the pointer. */
function objectPointer(vm: Vm, cell: Pointer): Pointer {
  return vm.view.getUint32(cell, true);
}
