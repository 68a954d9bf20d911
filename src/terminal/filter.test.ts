import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanText, createTerminalFilter } from "./filter.js";
import type { Allowance } from "./sequences.js";

const bytesOf = (text: string) => Buffer.from(text, "utf8");
/** One character a byte. */
const raw = (text: string) => Buffer.from(text, "latin1");

function passed(pieces: readonly Uint8Array[], allowance?: Allowance): string {
  const filter = createTerminalFilter(allowance);
  return Buffer.concat(pieces.map((piece) => filter.pass(piece))).toString("utf8");
}

const kept = [
  "plain text, tabs\t, lines\n, returns\r\n and backspaces\b",
  "äöü 日本語 👩‍👩‍👧 e\u0301 \u00a0 \ufeff",
  // Text of languages that are written from right to left needs them.
  "\u202eabc\u202c \u2066x\u2069 \u200f \u061c",
  "\u2028\u2029\u200b\u{e0041}",
  ..."ABCDEFGILMPSTXZ@`ade".split("").flatMap((final) => [`\x1b[${final}`, `\x1b[12${final}`]),
  "\x1b[H\x1b[3;4H\x1b[;9f\x1b[9999;9999H",
  "\x1b[J\x1b[0J\x1b[1J\x1b[2J\x1b[K\x1b[1K\x1b[2K",
  "\x1b[m\x1b[0m\x1b[1;31m\x1b[38;5;208;48;2;1;2;3m\x1b[4:3m\x1b[58:2::1:2:3m\x1b[;m",
  "\x1b[?25l\x1b[?25h",
  "\x1b7\x1b8\x1b[s\x1b[u\x1bD\x1bE\x1bM",
];

/** What is dropped, and what is left of it. */
const dropped: ReadonlyArray<readonly [given: string, left: string]> = [
  // Questions whose answers are typed into the shell.
  ["a\x1b[5nb\x1b[6nc\x1b[?6nd\x1b[?15n", "abcd"],
  ["\x1b[c\x1b[0c\x1b[>c\x1b[=c\x1bZ", ""],
  ["\x1b[18t\x1b[21t\x1b[14;2t\x1b[x\x1b[1x", ""],
  ["\x1b[>q\x1b[?1$p\x1b[4$p\x1b[?u\x1b[?4m\x1b[?996n", ""],
  ["\x1b]10;?\x07\x1b]11;?\x1b\\\x1b]4;1;?\x07", ""],
  ["\x1bP$qm\x1b\\\x1bP+q544e\x1b\\", ""],
  ["\x05", ""],
  // Titles, clipboard, links, notices, images, and what carries any of them to a terminal around the terminal.
  ["\x1b]0;title\x07x\x1b]2;title\x1b\\y\x1bktitle\x1b\\z", "xyz"],
  ["\x1b]52;c;aGVsbG8=\x07\x1b]52;c;?\x1b\\", ""],
  ["\x1b]8;;https://example.org/\x1b\\link\x1b]8;;\x1b\\", "link"],
  ["\x1b]9;notice\x07\x1b]777;notify;a;b\x07\x1b]1337;File=:aGk=\x07", ""],
  ["\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\", ""],
  ["\x1b_Gi=1;aGk=\x1b\\\x1b^private\x1b\\\x1bXstart\x1b\\", ""],
  ["\x1bPq#0;2;0;0;0~\x1b\\", ""],
  // Modes: the other screen, mouse, pastes, keys, wrapping, margins, reset, character sets.
  ["\x1b[?1049h\x1b[?1000h\x1b[?2004h\x1b[?1h\x1b[4h\x1b[20l\x1b[?25;1049h\x1b[?7l\x1b[?2026h", ""],
  ["\x1b[>4;1m\x1b[>1u\x1b[=1u\x1b[1u\x1b[1s\x1b=\x1b>", ""],
  ["\x1b[2;5r\x1b[2;5s\x1bc\x1b[!p\x1b#8\x1b%@\x1b(0\x1b)B\x1bN\x1bO\x1b~\x0e\x0f", ""],
  ["\x1b[1;2;3;4;5T\x1b[2 A\x1b[2 @\x1b[?S\x1b[?1;1;0S\x1b[1 q\x1b[2*x\x1b[1i\x1b[?2J\x1b[?K", ""],
  ["\x1b[3J\x1b[22J", ""],
  // Counts that no screen has, repeating, and sequences without end.
  ["\x1b[10000C\x1b[99999999999999999999S\x1b[5b\x1b[38;5;99999m", ""],
  [`\x1b[${"1;".repeat(5000)}mx`, `${"1;".repeat(5000).slice(127)}mx`],
  [`\x1b${" ".repeat(130)}c`, `${" ".repeat(2)}c`],
  // Other control characters.
  ["a\0b\x01c\x07d\x0be\x0cf\x7fg\x18h\x1ai\x1dj", "abcdefghij"],
  // C1, which some terminals obey, as characters. What begins there ends as its longer form does.
  ["a\u009b6nb\u009b31mc", "abc"],
  ["\u009d0;title\u009cx\u0090$qm\u009cy\u009fz\u009c\u009epm\x1b\\\u0098sos\u009c.", "xy."],
  ["\u0080\u0085\u0084\u008d\u009a\u009c\x1b[3\u009b1m", ""],
  // What is cut off by CAN, SUB, another sequence, or a character that cannot be in one.
  ["\x1b[31\x18m\x1b[31\x1amx", "mmx"],
  ["\x1b]0;title\x18x\x1b]0;title\x1ay\x1b]0;title\x1b[6nz", "xyz"],
  ["\x1b[6\x1b[1mx\x1b[6é", "\x1b[1mxé"],
  ["\x1b\x1b\x1b[1mx", "\x1b[1mx"],
  ["\x1b]0;t\xeftle\x1b]52;c;a\x07x", "x"],
  // Terminals do what a control character says in the middle of a sequence, and go on with the sequence.
  ["\x1b[3\n1m\x1b[6\rn\x1b\b[1\x00\x7fm", "\n\x1b[31m\r\b\x1b[1m"],
  // Without an end there is nothing to show.
  ["x\x1b", "x"],
  ["x\x1b[31", "x"],
  ["x\x1b]52;c;aGk=", "x"],
];

/** The same pieces, cut wherever that can be. */
function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  const step = Math.max(1, Math.floor(bytes.length / 300));
  for (let at = 1; at < bytes.length; at += step) yield [bytes.subarray(0, at), bytes.subarray(at)];
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

test("text, colours, cursor movements and erasing pass, wherever they are cut in pieces", () => {
  for (const text of [...kept, kept.join("")]) {
    assert.equal(passed([bytesOf(text)]), text);
    for (const pieces of splits(bytesOf(text))) assert.equal(passed(pieces), text);
  }
});

test("all other sequences and control characters are dropped, wherever they are cut in pieces", () => {
  for (const [given, left] of dropped) {
    assert.equal(passed([bytesOf(given)]), left, JSON.stringify(given).slice(0, 100));
    for (const pieces of splits(bytesOf(given))) assert.equal(passed(pieces), left);
  }
});

test("what is no UTF-8 becomes U+FFFD as decoders have it, C1 controls of one byte among it", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (const text of [
    "\x9b6n \x9d0;x\x9c \x84",
    "\xc0\x9b6n",
    "\xe0\x82\x9b6n",
    "\xed\xa0\x80 \xed\xbf\xbf",
    "\xf4\x90\x80\x80 \xf8\x88\x80\x80\x80",
    "\xe2\x82 \xe2 \xf0\x9f\x98 \xf0\x9f",
    "\xff\xfe\xe9t\xe9",
    Array.from({ length: 128 }, (_, index) => String.fromCharCode(index + 128)).join(" "),
  ]) {
    const bytes = raw(`${text}.`);
    assert.equal(passed([bytes]), decoder.decode(bytes));
    for (const pieces of splits(bytes)) assert.equal(passed(pieces), decoder.decode(bytes));
  }
  // One that is missing its end is held until that is known.
  assert.equal(passed([raw("x\xe2\x82")]), "x");
});

test("a string without an end swallows a bounded part of what follows", () => {
  for (const start of ["\x1b]0;", "\x1bP", "\x1b_", "\u009e"]) {
    const filter = createTerminalFilter();
    assert.equal(filter.pass(bytesOf(start)).length, 0);
    const line = bytesOf(`${"x".repeat(1023)}\n`);
    let lost = 0;
    while (filter.pass(line).length === 0) lost += line.length;
    assert.ok(lost > 0 && lost <= 2 ** 20, `${lost}`);
    assert.equal(filter.pass(line), line);
  }
});

test("pieces that may all be shown are given back as they are, without a copy", () => {
  const filter = createTerminalFilter();
  for (const text of ["plain\r\n", "日本語", ""]) {
    const bytes = bytesOf(text);
    assert.equal(filter.pass(bytes), bytes);
    assert.equal(filter.passText(text), text);
  }
});

test("lines of our own hold no cursor movement of others, and texts no colour", () => {
  const text = "a\r\b\x1b[31mb\x1b[2A\x1b[K\x1b7\x1b[?25l\u009b1mc\n\td";
  assert.equal(cleanText(text, "screen"), "a\r\b\x1b[31mb\x1b[2A\x1b[K\x1b7\x1b[?25lc\n\td\x1b[0m\x1b[?25h");
  assert.equal(cleanText(text, "colors"), "a\x1b[31mbc\n\td\x1b[0m");
  assert.equal(cleanText(text, "text"), "abc\n\td");
  assert.equal(cleanText("plain\n", "text"), "plain\n");
});

test("what is changed is put back, and only that", () => {
  const cases: ReadonlyArray<readonly [given: string, putBack: string]> = [
    ["text\x1b[2J\x1b[5A", ""],
    ["\x1b[31m", "\x1b[0m"],
    ["\x1b[31mred\x1b[0m \x1b[1mbold\x1b[m \x1b[4munder\x1b[00m", ""],
    ["\x1b[31mred\x1b[39m \x1b[1;2mbold\x1b[22m \x1b[3;4;5;7;9m\x1b[23;24;25;27;29m", ""],
    ["\x1b[38;5;31;48;2;1;2;3m\x1b[39;49m \x1b[38:2::1:2:3m\x1b[39m \x1b[92;105m\x1b[39;49m", ""],
    ["\x1b[38;5;0m", "\x1b[0m"],
    ["\x1b[0;1m", "\x1b[0m"],
    ["\x1b[1;0m", ""],
    ["\x1b[1;31m\x1b[39m", "\x1b[0m"],
    ["\x1b[4:3m\x1b[4:0m\x1b[58;5;1m\x1b[59m\x1b[53m\x1b[55m", ""],
    ["\x1b[222m\x1b[39m", "\x1b[0m"],
    // The attributes that were saved with the place come back with it.
    ["\x1b[31m\x1b7\x1b[0m\x1b8", "\x1b[0m"],
    ["\x1b[?25l", "\x1b[?25h"],
    ["\x1b[?25l\x1b[?25h", ""],
    ["\x1b[?25l\x1b[0m", "\x1b[?25h"],
    ["\x1b[?25l\x1b[7m", "\x1b[0m\x1b[?25h"],
    // What has not passed has changed nothing.
    ["\x1b[>4;1m\x1b[?1049h\x1b[31", ""],
  ];
  for (const [given, putBack] of cases) {
    const filter = createTerminalFilter();
    filter.pass(bytesOf(given));
    assert.equal(filter.end(), putBack, JSON.stringify(given));
    assert.equal(filter.end(), "");
    assert.equal(filter.passText("m"), "m");
  }
});

/** A terminal of its own kind: reads what was let through, and fails at what is not allowed. */
function obey(output: Uint8Array): void {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(output);
  const characters = Array.from(text);
  for (let at = 0; at < characters.length; at++) {
    const code = (characters[at] as string).codePointAt(0) as number;
    if (code !== 0x1b) {
      const isText = code >= 0xa0 || (code >= 0x20 && code < 0x7f);
      assert.ok(isText || [8, 9, 10, 13].includes(code), `control character ${code}`);
      continue;
    }
    const kind = characters[++at];
    if ("78DEM".includes(kind ?? "?")) continue;
    assert.equal(kind, "[");
    let inside = "";
    while (/[ -?]/.test(characters[++at] ?? "")) inside += characters[at];
    const final = characters[at] ?? "none";
    if (inside.startsWith("?")) {
      assert.ok(inside === "?25" && (final === "h" || final === "l"), `mode ${inside}${final}`);
      continue;
    }
    assert.ok(inside.length < 128);
    const numbers = inside.split(/[;:]/);
    for (const one of numbers) assert.match(one, /^\d?\d?\d?\d?$/, inside);
    const most = final === "m" ? 128 : final === "H" || final === "f" ? 2 : 1;
    assert.ok(numbers.length <= most, `${inside}${final}`);
    assert.ok("mHfABCDEFGILMPSTXZ@`adesuJK".includes(final), `${inside}${final}`);
    if ("JK".includes(final)) assert.ok(Number(inside) <= 2);
    if ("su".includes(final)) assert.equal(inside, "");
    if (final !== "m") assert.doesNotMatch(inside, /:/);
  }
}

/** Numbers from 0 up to `below`, the same each time (mulberry32). */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("of random bytes nothing but what is allowed passes, however they are cut in pieces", () => {
  const random = randomNumbers(9);
  const frequent = raw(
    "\x1b\x1b\x1b[[[]]PX^_k?>=!$ 0123456789;;:mmmABHJKhlnctqrsu78c\x07\\\x18\n\r\xc2\xc2\x9b\x9d\x9c\xe2\x82",
  );
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: 1 + random(120) }, () =>
      random(4) === 0 ? random(256) : (frequent[random(frequent.length)] as number),
    );
    const whole = createTerminalFilter().pass(bytes);
    obey(whole);
    const filter = createTerminalFilter();
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const next = at + 1 + random(9);
      const piece = filter.pass(bytes.subarray(at, next));
      // Another stream may write to the terminal between any two pieces.
      obey(piece);
      pieces.push(piece);
      at = next;
    }
    assert.deepEqual(Buffer.concat(pieces), Buffer.from(whole));
    obey(bytesOf(cleanText(Buffer.from(bytes).toString("latin1"), "screen")));
  }
});
