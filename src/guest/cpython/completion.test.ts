/** What a prompt completes, without running any of the user's code. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createSession } from "../../node/sessions.js";
import type { Session } from "../../session/session.js";

let session: Session;
before(async () => {
  session = await createSession("python");
  const { error } = await session.run(`
import dataclasses, functools
class K:
    attr = 1
    def __init__(self, alpha, *, beta=1): self.own = 1
    def method(self, gamma, /, delta, **others): pass
    @classmethod
    def make(cls, epsilon): pass
    @property
    def prop(self): print("RAN")
class Evil:
    def __getattr__(self, name): print("RAN"); return 1
    def __hash__(self): print("RAN"); return 1
    def __eq__(self, other): print("RAN"); return True
    def __call__(self, zeta): print("RAN")
class Meta(type):
    def __call__(cls, *values): print("RAN")
class Made(metaclass=Meta): pass
@dataclasses.dataclass
class Data:
    width: int
    height: int = 1
def f(first, /, second=2, *rest, keyed): pass
wrapped = functools.wraps(f)(lambda *a, **k: None)
part = functools.partial(f, 1)
def round_and_round(): pass
round_and_round.__wrapped__ = round_and_round
k, evil = K(1), Evil()
known = {"key": k, evil: 1}
listed = [1, "a", k]
`);
  assert.equal(error, undefined);
});
after(() => session.close());

async function complete(code: string): Promise<readonly string[]> {
  const answer = await session.inspect({ kind: "complete", code });
  assert.ok(answer !== undefined, code);
  assert.ok(code.endsWith(answer.prefix), code);
  return answer.items;
}

test("attributes of a literal, and of what a known call gives, are completed", async () => {
  for (const [code, item] of [
    ['"".jo', "join"],
    ["x = [].app", "append"],
    ["{}.set", "setdefault"],
    ["{1}.sym", "symmetric_difference"],
    ["(1, 2).cou", "count"],
    ["b'\\x00'.dec", "decode"],
    ["'a' 'b'.up", "upper"],
    ["f'{k}'.up", "upper"],
    ['"""a\nb""".up', "upper"],
    ["str().cas", "casefold"],
    ["open('x').readl", "readline"],
    ["open('x', 'rb').pee", "peek"],
    ["open('x', mode='wb+').pee", "peek"],
    ["'a,b'.split(',').app", "append"],
    ["len(known).bit_l", "bit_length"],
    ["print(sorted([2, 1]).app", "append"],
    ["[n for n in listed].app", "append"],
    ["(5).bit_l", "bit_length"],
    ["K(1).met", "method"],
    ["listed[2].at", "attr"],
    ["known['key'].ow", "own"],
  ] as const) {
    assert.ok((await complete(code)).includes(item), code);
  }
});

test("arguments that can be given by name are completed, and those that are given are not", async () => {
  for (const [code, items] of [
    ["f(", ["keyed=", "second="]],
    ["f(1, sec", ["second="]],
    ["f(1, keyed=2, ke", []],
    ["f(\n  1,\n  [2, (3)],\n  sec", ["second="]],
    ["K(", ["alpha=", "beta="]],
    ["k.method(", ["delta="]],
    ["K.make(", ["epsilon="]],
    ["Data(wi", ["width="]],
    ["wrapped(sec", ["second="]],
    ["part(key", ["keyed="]],
    ["sorted([1], ke", ["key="]],
    ["'a'.split(max", ["maxsplit="]],
    ["print(1, fl", ["flush="]],
    ["round_and_round(", []],
    ["evil(", []],
    ["f([sec", []],
    ["def f(sec", []],
    ["f(x == sec", []],
  ] as const) {
    const named = (await complete(code)).filter((item) => item.endsWith("="));
    assert.deepEqual(named, items, code);
  }
});

test("nothing of the user's runs for it, and what cannot be told is left open", async () => {
  for (const code of [
    "Made().",
    "evil.x.",
    "known[evil].",
    "k.prop.",
    "K(1).prop.",
    "evil().",
    "evil.x(",
    "f(1).",
  ]) {
    assert.deepEqual(await complete(code), [], code);
  }
  await complete("evil.");
  await complete("evil(ze");
  assert.equal((await session.run("1")).output, "1\n");
});

test("names of arguments that are no names, and code without an end, do no harm", async () => {
  await session.run(
    `forged = type(f)(f.__code__.replace(co_varnames=("a", "\\x1b]0;title\\x07", "ok", "rest")), {})`,
  );
  assert.deepEqual(await complete("forged("), ["ok="]);
  for (const code of [
    "(".repeat(1e5),
    "'".repeat(1e5),
    `${"f(".repeat(1e4)}x.`,
    `f${"()".repeat(5e4)}.`,
    `${"(".repeat(900)}1${")".repeat(900)}.`,
    `${"[".repeat(300)}(].`,
  ]) {
    await complete(code);
  }
});

test("a string that is open completes paths, and one that is closed does not", async () => {
  assert.deepEqual(await complete("open('/usr/loc"), ["/usr/local/"]);
  assert.deepEqual(await complete("x = ('a b ', "), []);
});
