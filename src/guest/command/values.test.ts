import assert from "node:assert/strict";
import { test } from "node:test";
import { type NumberType, parseNumber, showNumber } from "./values.js";

test("whole numbers are taken signed, unsigned and in hexadecimal, and nothing else is one", () => {
  const cases: Array<[NumberType, string, number | bigint | undefined]> = [
    ["i32", "0", 0],
    ["i32", "-1", -1],
    ["i32", "+7", 7],
    ["i32", "0xff", 255],
    ["i32", "0xffffffff", -1],
    ["i32", "4294967295", -1],
    ["i32", "4294967296", undefined],
    ["i32", "-2147483648", -2147483648],
    ["i32", "-2147483649", undefined],
    ["i32", `${"0".repeat(1000)}9`, 9],
    ["i32", "9".repeat(100_000), undefined],
    ["i64", "-9223372036854775808", -(2n ** 63n)],
    ["i64", "18446744073709551615", -1n],
    ["i64", "18446744073709551616", undefined],
    ["i64", "0xFFFFFFFFFFFFFFFF", -1n],
  ];
  for (const [type, text, value] of cases)
    assert.equal(parseNumber(type, text), value, `${type} ${text.slice(0, 40)}`);
  for (const text of ["", " ", "1 ", " 1", "1.0", "1e3", "1_000", "0x", "x", "--1", "0b1", "1n", "٣", "NaN"])
    for (const type of ["i32", "i64"] as const) assert.equal(parseNumber(type, text), undefined, text);
});

test("other numbers have a fraction, an exponent, or are inf or nan", () => {
  for (const [text, value] of [
    ["1", 1],
    ["-0", -0],
    [".5", 0.5],
    ["5.", 5],
    ["-1.5e-3", -0.0015],
    ["1e400", Infinity],
    ["-inf", -Infinity],
    ["nan", NaN],
  ] as const)
    assert.equal(parseNumber("f64", text), value, text);
  for (const text of ["", ".", "e5", "1e", "0x1p3", "1,5", " 1", "infinite", "1f"])
    assert.equal(parseNumber("f64", text), undefined, text);
});

test("what is shown is read back as the same number", () => {
  for (const value of [0, -0, 1, -1.5, 1e21, 5e-324, Infinity, -Infinity, NaN])
    assert.equal(parseNumber("f64", showNumber("f64", value)), value);
  for (const value of [0.1, 16777216, 3.4028234663852886e38, 1e-45, -1 / 3].map(Math.fround))
    assert.equal(Math.fround(parseNumber("f32", showNumber("f32", value)) as number), value);
  assert.equal(showNumber("f32", Math.fround(0.1)), "0.1");
  assert.equal(showNumber("i64", -1n), "-1");
});
