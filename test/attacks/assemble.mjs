// Modules for `wasirun`: from text, and from bytes for what a text would be too long for.
import wabt from "wabt";

const { parseWat } = await wabt();

export function assemble(text) {
  const features = { bulk_memory: true, exceptions: true, reference_types: true };
  return Buffer.from(parseWat("attack.wat", text, features).toBinary({}).buffer);
}

/** An unsigned LEB128 number. */
export function number(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.of(...bytes, rest);
    bytes.push((rest % 128) | 128);
  }
}

export const repeat = (bytes, times) => Buffer.alloc(bytes.length * times, Buffer.from(bytes));

export const section = (id, ...parts) => {
  const contents = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.of(id), number(contents.length), contents]);
};

/** A function's local variables, as a list of `[count, type]`, and its instructions without the `end`. */
export function body(locals, instructions) {
  const declared = locals.map(([count, type]) => Buffer.concat([number(count), Buffer.of(type)]));
  const bytes = Buffer.concat([
    number(locals.length),
    ...declared,
    Buffer.from(instructions),
    Buffer.of(0x0b),
  ]);
  return Buffer.concat([number(bytes.length), bytes]);
}

/** A command whose `_start` is this body, with further sections by their numbers. */
export function command(start, sections = {}) {
  const all = {
    1: section(1, [1, 0x60, 0, 0]),
    3: section(3, [1, 0]),
    7: section(7, [1, 6], Buffer.from("_start"), [0, 0]),
    10: section(10, [1], start),
    ...sections,
  };
  return Buffer.concat([Buffer.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), ...Object.values(all)]);
}
