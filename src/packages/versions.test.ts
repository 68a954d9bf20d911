import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateMarker, guestEnvironment } from "./markers.js";
import { parseRequirement, splitRequirements } from "./requirement.js";
import { compareVersions, parseSpecifiers, parseVersion, satisfies, type Version } from "./versions.js";
import { parseWheelName } from "./wheel-name.js";

const version = (text: string) => parseVersion(text) as Version;

test("versions come in the order that PEP 440 gives them", () => {
  const ordered = [
    ["0.9", "1.0.dev1", "1.0a1.dev1", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"],
    ["1.0+local", "1.0+local.2", "1.0.post1.dev1", "1.0.post1", "1.0.1", "1.10", "2024.1", "1!0.1"],
  ].flat();
  for (const [index, text] of ordered.entries()) {
    const next = ordered[index + 1];
    if (next !== undefined) assert.ok(compareVersions(version(text), version(next)) < 0, `${text} < ${next}`);
  }
  assert.equal(compareVersions(version("1.0"), version("1.0.0")), 0);
  assert.equal(compareVersions(version("1.0-alpha.1"), version("1.0a1")), 0);
  for (const text of ["", "one", "1.0.", "1..0", "1.0 2", "1".repeat(300)])
    assert.equal(parseVersion(text), undefined);
});

test("specifiers take the versions that PEP 440 says", () => {
  const cases: Array<[specifiers: string, taken: string[], refused: string[]]> = [
    [">=1.2,<2", ["1.2", "1.9.9", "1.2.post1"], ["1.1", "2.0", "2.0rc1", "1.2rc1"]],
    ["==1.4.*", ["1.4", "1.4.7", "1.4rc1"], ["1.40", "1.5"]],
    ["!=1.4.*", ["1.5"], ["1.4.2"]],
    ["~=2.2", ["2.2", "2.9"], ["3.0", "2.1"]],
    ["~=2.2.1", ["2.2.5"], ["2.3"]],
    ["==1.0", ["1.0", "1", "1.0+here"], ["1.0.1", "1.0.post1"]],
    [">1.0", ["1.0.1"], ["1.0", "1.0.post1", "1.0+here"]],
    ["", ["0", "99"], []],
  ];
  for (const [text, taken, refused] of cases) {
    const specifiers = parseSpecifiers(text);
    assert.ok(specifiers !== undefined);
    for (const each of taken) assert.ok(satisfies(version(each), specifiers), `${each} ${text}`);
    for (const each of refused) assert.ok(!satisfies(version(each), specifiers), `${each} not ${text}`);
  }
  assert.equal(parseSpecifiers(">=one"), undefined);
  assert.equal(parseSpecifiers("1.0"), undefined);
});

test("markers hold for this sandbox, and what is none is told apart", () => {
  const cases: Record<string, boolean | undefined> = {
    "python_version >= '3.10'": true,
    'python_version < "3.9"': false,
    "sys_platform == 'win32' or sys_platform == 'emscripten'": true,
    "(os_name == 'nt' or os_name == 'posix') and platform_machine != 'x86_64'": true,
    "'linux' in sys_platform": false,
    "sys_platform not in 'linux darwin'": true,
    "implementation_name == 'cpython' and extra == 'fast'": false,
    "python_full_version < '3.14.1'": false,
    "python_version >=": undefined,
    "nothing == '1'": undefined,
    "(os_name == 'nt'": undefined,
  };
  for (const [text, expected] of Object.entries(cases)) {
    assert.equal(evaluateMarker(text, guestEnvironment), expected, text);
  }
});

test("requirements are read with their extras, versions and markers", () => {
  const { name, extras, specifiers, holds } = parseRequirement(
    "Foo.Bar[Speed, x_y] (>=1.2,<2) ; extra == 'all'",
  );
  assert.equal(name, "foo-bar");
  assert.deepEqual(extras, ["speed", "x-y"]);
  assert.equal(specifiers.length, 2);
  assert.equal(holds([]), false);
  assert.equal(holds(["all"]), true);
  assert.deepEqual(splitRequirements("numpy, pandas>=2,<3 , a[b,c]==1"), [
    "numpy",
    "pandas>=2,<3",
    "a[b,c]==1",
  ]);
  for (const text of [
    "",
    "-r file",
    "name @ https://example.invalid/x.whl",
    "name>=one",
    "name; what",
    "a".repeat(3000),
  ]) {
    assert.throws(() => parseRequirement(text), { code: "PACKAGES_UNAVAILABLE" }, text);
  }
});

test("wheels fit if they are pure, or for the ABI of the bundled interpreter, and those for it are the best", () => {
  const rank = (tag: string) => parseWheelName(`some_name-1.0-${tag}.whl`)?.rank;
  const best = rank("cp314-cp314-pyemscripten_2026_0_wasm32") as number;
  const stable = rank("cp39-abi3-pyemscripten_2026_0_wasm32") as number;
  const pure = rank("py2.py3-none-any") as number;
  assert.ok(best > stable && stable > pure);
  for (const tag of [
    "cp313-cp313-pyemscripten_2026_0_wasm32",
    "cp314-cp314-pyemscripten_2025_0_wasm32",
    "cp314-cp314t-pyemscripten_2026_0_wasm32",
    "cp314-cp314-manylinux_2_17_x86_64",
    "cp315-abi3-pyemscripten_2026_0_wasm32",
    "py2-none-any",
    "py315-none-any",
    "cp313-none-any",
  ]) {
    assert.equal(rank(tag), undefined, tag);
  }
  assert.equal(parseWheelName("some_name-1.0.tar.gz"), undefined);
  assert.equal(parseWheelName("../x-1.0-py3-none-any.whl"), undefined);
});
