import assert from "node:assert/strict";
import { test } from "node:test";
import loadWabt from "wabt";
import { loadTypeStripper } from "../../node/runtimes/type-stripper.js";
import { ErrorOfTypes, stripTypes } from "./strip-types.js";

const wabt = await loadWabt();

/** A module in the stripper's place whose `transformSync` has this body. */
function forged(imports: string, body: string): WebAssembly.Module {
  const text = `(module ${imports}
    (memory (export "memory") 1)
    (data (i32.const 64) "globalThis.reached = true")
    (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32) i32.const 16)
    (func (export "__wbindgen_export_2") (param i32 i32) (result i32) i32.const 1024)
    (func (export "transformSync") (param $out i32) (param $input i32) (param $options i32) ${body}))`;
  return new WebAssembly.Module(
    wabt.parseWat("forged.wat", text).toBinary({}).buffer as Uint8Array<ArrayBuffer>,
  );
}

const from = (name: string, type: string) =>
  `(import "__wbindgen_placeholder__" "${name}" (func $f ${type}))`;

test("Types become blanks, so that all else stays where it was.", () => {
  const stripper = loadTypeStripper();
  for (const text of ["let a: Größe = 1; x()", "let a: '😀' = 1; x()", "type A = `😀\n😀`; z"]) {
    const stripped = stripTypes(stripper, text);
    assert.equal(stripped.length, text.length);
    assert.equal(stripped.at(-1), text.at(-1));
    assert.doesNotMatch(stripped, /[:ö😀A]/u);
  }
});

test("A stripper that has been taken over reaches nothing of the host's.", () => {
  const bodies: ReadonlyArray<readonly [imports: string, body: string]> = [
    // The glue that comes with it would make a function of the text, and call it.
    [
      from("__wbg_newnoargs_105ed471475aaf50", "(param i32 i32) (result i32)"),
      "i32.const 64 i32.const 25 call $f drop",
    ],
    [from("__wbg_static_accessor_GLOBAL_THIS_56578be7e9f832b0", "(result i32)"), "call $f drop"],
    [
      from("__wbg_get_67b2ba62fc30de12", "(param i32 i32) (result i32)"),
      "local.get $options i32.const 0 call $f drop",
    ],
    // A member of what is no object of its own, and a text outside of its memory.
    [
      from("__wbg_getwithrefkey_1dc361bd10053bfe", "(param i32 i32) (result i32)"),
      "local.get $input local.get $input call $f drop",
    ],
    [
      from("__wbindgen_string_new", "(param i32 i32) (result i32)"),
      "i32.const 65000 i32.const -1 call $f drop",
    ],
    [from("__wbindgen_string_get", "(param i32 i32)"), "i32.const -8 local.get $input call $f"],
    // Results that are none: a number, an option's value, something that was never made.
    ["", "local.get $out i32.const 131 i32.store"],
    ["", "local.get $out local.get $options i32.store"],
    ["", "local.get $out i32.const -1 i32.store"],
    ["", "local.get $out i32.const 99999 i32.store offset=4 local.get $out i32.const 1 i32.store offset=8"],
    ["", "unreachable"],
  ];
  for (const [imports, body] of bodies) {
    assert.throws(() => stripTypes(forged(imports, body), "let a: number"), ErrorOfTypes, body);
  }
  assert.equal("reached" in globalThis, false);
});
