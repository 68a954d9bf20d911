// What the guest contract suite asks of `node:test`, for a page: it gathers tests, which are run from outside, in order.
const root = newSuite();
let current = root;

function newSuite(parent) {
  return { parent, befores: [], afters: [], begun: undefined, left: 0 };
}

/** In the order in which they were made. */
export const tests = [];

const parts = (args) => {
  const [name, ...rest] = args;
  const options = typeof rest[0] === "object" ? rest.shift() : {};
  return { name, options, action: rest[0] };
};

export function describe(...args) {
  const { name, options, action } = parts(args);
  const suite = { ...newSuite(current), name, skip: options.skip };
  const before = current;
  current = suite;
  action();
  current = before;
}

export function test(...args) {
  const { name, options, action } = parts(args);
  const label = current.name === undefined ? name : `${current.name}: ${name}`;
  tests.push({ name: label, skip: options.skip || current.skip || false, action, suite: current });
  current.left++;
}

export const before = (action) => void current.befores.push(action);
export const after = (action) => void current.afters.push(action);

/** Runs one test, and what its suite has before the first of its tests and after the last. */
export async function runTest(index) {
  const { action, suite, skip } = tests[index];
  if (!skip) {
    suite.begun ??= runAll(suite.befores);
    await suite.begun;
    await action();
  }
  suite.left--;
  if (suite.left === 0 && suite.begun !== undefined) await runAll(suite.afters);
}

async function runAll(actions) {
  for (const action of actions) await action();
}
