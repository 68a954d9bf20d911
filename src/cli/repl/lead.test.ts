import assert from "node:assert/strict";
import { test } from "node:test";
import { leadOf } from "./lead.js";

test("a line that is not ended is shown as it looks, with colours and without movements", () => {
  for (const [line, lead] of [
    ["Name: ", "Name: "],
    ["\x1b[33mName:\x1b[0m ", "\x1b[33mName:\x1b[0m "],
    ["\x1b[33mName: ", "\x1b[33mName: \x1b[0m"],
    ["10%\r20%\rName: ", "Name: "],
    ["Nama\be: ", "Name: "],
    ["\b\b: ", ": "],
    ["a\tb\t日本\t|", "a       b       日本    |"],
    ["up\x1b[5A\x1b[H\x1b[2J?\x1b]0;title\x07 ", "up? "],
  ] as const) {
    assert.equal(leadOf(line), lead);
  }
});
