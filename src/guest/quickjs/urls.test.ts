import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { runInThisContext } from "node:vm";
import { bootForTest, createTestGuest } from "./test-guest.js";

const boot = bootForTest();

/** Texts, and what they are relative to. */
const inputs: ReadonlyArray<readonly [input: string, base?: string]> = [
  ["http://example.com"],
  ["HTTP://EXAMPLE.com:80/a/./b/../c?x=1&y=é#frag ment"],
  ["https://user:pa:ss@example.com:8443/p"],
  ["https://us er:p@ss@example.com/"],
  ["//other/x", "https://example.com/a/b"],
  ["../up?q", "https://example.com/a/b/c"],
  ["/root", "https://example.com/a/b?q#f"],
  ["?q2", "https://example.com/a/b?q#f"],
  ["#f2", "https://example.com/a/b?q#f"],
  ["", "https://example.com/a/b?q#f"],
  ["a:b", "https://example.com/"],
  ["http:rel", "http://example.com/a/b"],
  ["https:rel", "http://example.com/a/b"],
  ["http:/x", "http://example.com/a/b"],
  ["http:\\\\x\\y"],
  ["\\x\\..\\y", "http://example.com/a/b"],
  ["mailto:a@b.c?subject=x y#z"],
  ["data:text/plain,hello world"],
  ["javascript:alert(1)"],
  ["foo://host:80/p/../q?x'y#z`"],
  ["foo:/p/../q"],
  ["foo:p/../q"],
  ["foo:///x"],
  ["foo:/..//x"],
  ["foo://"],
  ["#x", "mailto:a@b"],
  ["x", "mailto:a@b"],
  ["file:///C|/x/../.."],
  ["file:///a/../b"],
  ["file://localhost/x"],
  ["file:x", "file:///a/b"],
  ["/x", "file:///C:/b"],
  ["file://host/share"],
  ["C|/x", "file:///a/b"],
  ["http://192.168.0.1/"],
  ["http://0x7f.1/"],
  ["http://017700000001"],
  ["http://256.1.1.1"],
  ["http://1.2.3.4.5"],
  ["http://1.2.3.08"],
  ["http://3232235521"],
  ["http://[::1]:3000/"],
  ["http://[1:2:0:0:5:0:0:8]"],
  ["http://[::ffff:1.2.3.4]"],
  ["http://[::1"],
  ["http://[1::2::3]"],
  ["http://[1:2:3:4:5:6:7]"],
  ["http://[0:0:0:0:0:0:0:0]"],
  ["http://münchen.de/ä"],
  ["http://例え.テスト"],
  ["http://日本語。jp"],
  ["http://EXAMPLE%2ecom"],
  ["http://a%00b"],
  ["http://a b"],
  ["http://a<b"],
  ["http://ex%41mple.com"],
  ["http://"],
  ["http:///x"],
  ["http://:80"],
  ["http://a:65536"],
  ["http://a:x"],
  ["http://a:"],
  ["http://a:00443"],
  ["http://user@/x"],
  [" \t http://a\nb.c/d\te "],
  ["http://a/%zz%41?%zz#%zz"],
  ["http://a/\ud800\u{1F600}"],
  ['http://a/"<>`{}|[]\\'],
  ["http://a/?\"<>`{}|^[]\\'"],
  ["http://a/%2e%2E/%2e"],
  ["http://a/b/./"],
  ["http://a/b/.."],
  ["ws://a:80/x"],
  ["wss://a:443/x"],
  ["ftp://a:21/x"],
  ["blob:https://a.b/c"],
  ["no scheme"],
  ["://x"],
  ["1http://a"],
  ["http"],
  ["http:"],
  ["h+t.t-p:x"],
];

const read =
  "(u) => ['href','origin','protocol','username','password','host','hostname','port','pathname','search','hash'].map((k) => u[k])";

const expressions = [
  ...inputs.map(([input, base]) => {
    const list = [input, base].filter((part) => part !== undefined).map((part) => JSON.stringify(part));
    return `(() => { try { return (${read})(new URL(${list.join(", ")})) } catch (e) { return [e.name, e.code] } })()`;
  }),
  ...[
    ["protocol", "https"],
    ["protocol", "foo:"],
    ["protocol", "file"],
    ["username", "a b"],
    ["password", ""],
    ["host", "other:81"],
    ["host", "other"],
    ["host", "bad host"],
    ["hostname", "other:81"],
    ["hostname", "[::1]"],
    ["hostname", ""],
    ["port", "81x"],
    ["port", "443"],
    ["port", ""],
    ["port", "65536"],
    ["pathname", "x y/../z?#"],
    ["pathname", ""],
    ["search", "?a b"],
    ["search", ""],
    ["hash", "x y"],
    ["hash", ""],
    ["href", "http://new/"],
  ].flatMap(([name, value]) =>
    ["https://u:p@example.com:444/a/b?q=1#f", "foo://h/p", "mailto:x", "file:///a"].map(
      (url) =>
        `(() => { const u = new URL(${JSON.stringify(url)}); u.${name} = ${JSON.stringify(value)}; return (${read})(u) })()`,
    ),
  ),
  "(() => { const u = new URL('http://a/?x=1&y=2'); const p = u.searchParams; p.append('z', 'ä &'); p.delete('x'); const s = u.search; u.search = '?n=5'; return [s, p.get('n'), p === u.searchParams, u.href] })()",
  "[URL.canParse('x:'), URL.canParse('x'), URL.canParse('x', 'http://a'), URL.parse('nope')]",
  "JSON.stringify({ u: new URL('http://a') }) + new URL('http://b')",
  "new URL('http://u:p@a.b:8080/c?d=e#f')",
  "new URLSearchParams('?a=1&b=2&a=3')",
  "new URLSearchParams()",
  "[...new URLSearchParams('a=1&b=%20+&c&=d&&%zz=%ff')]",
  "String(new URLSearchParams({ a: 'x y', b: 'é', c: '~*-._!' }))",
  "String(new URLSearchParams([['a', 1], ['b', 2]]))",
  "String(new URLSearchParams(new Map([['a', 'b']])))",
  "String(new URLSearchParams(new URLSearchParams('a=b&c=d')))",
  "(() => { try { new URLSearchParams([['a']]) } catch (e) { return e.name } })()",
  "(() => { const p = new URLSearchParams('b=1&a=2&b=0'); p.sort(); return [String(p), p.getAll('b'), p.has('b', '0'), p.has('c'), p.size, [...p.keys()], [...p.values()]] })()",
  "(() => { const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', 9); p.set('c', 1); p.delete('b', '0'); return String(p) })()",
  "(() => { const out = []; new URLSearchParams('a=1&b=2').forEach((v, k) => out.push(k, v)); return out })()",
];

test("URLs and their parameters are what they are in Node.js.", () => {
  const guest = createTestGuest(boot);
  const run = (source: string) => [source, guest.cell(`(${source})`)];
  const expected = (source: string) => [source, { result: inspect(runInThisContext(`(${source})`)) }];
  assert.deepEqual(expressions.map(run), expressions.map(expected));
});

test("Paths become file URLs, and go back.", () => {
  const guest = createTestGuest(boot, { cwd: "/work" });
  const { result } = guest.cell(
    "const { pathToFileURL, fileURLToPath } = await import('node:url'); [pathToFileURL('a b/é#?%.js').href, fileURLToPath('file:///a%20b'), fileURLToPath(pathToFileURL('x'))]",
  );
  assert.equal(result, "[ 'file:///work/a%20b/%C3%A9%23%3F%25.js', '/a b', '/work/x' ]");
  assert.match(guest.cell("fileURLToPath('http://a')").error ?? "", /must be of scheme file/);
});
