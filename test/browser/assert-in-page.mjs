// What the guest contract suite asks of `node:assert/strict`, for a page.
function fail(message, detail) {
  throw new Error(typeof message === "string" ? message : detail);
}

const shown = (value) => (value === undefined ? "undefined" : JSON.stringify(value));

/** By kind, members and their order in lists; enough for data. */
function isSame(actual, expected) {
  if (Object.is(actual, expected)) return true;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null)
    return false;
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false;
  const names = Object.keys(actual);
  return (
    names.length === Object.keys(expected).length &&
    names.every((name) => Object.hasOwn(expected, name) && isSame(actual[name], expected[name]))
  );
}

export default {
  ok: (value, message) => void (value || fail(message, `${shown(value)} is not true`)),
  equal: (actual, expected, message) =>
    void (Object.is(actual, expected) || fail(message, `${shown(actual)} is not ${shown(expected)}`)),
  deepEqual: (actual, expected, message) =>
    void (isSame(actual, expected) || fail(message, `${shown(actual)} is not ${shown(expected)}`)),
  match: (text, pattern, message) =>
    void (pattern.test(text) || fail(message, `${shown(text)} does not match ${pattern}`)),
  doesNotMatch: (text, pattern, message) =>
    void (!pattern.test(text) || fail(message, `${shown(text)} matches ${pattern}`)),
  async rejects(promise, expected) {
    const error = await promise.then(
      () => fail(undefined, "it does not reject"),
      (error) => error,
    );
    for (const [name, value] of Object.entries(expected)) {
      if (error[name] !== value) fail(undefined, `${name} is ${shown(error[name])}, not ${shown(value)}`);
    }
  },
};
