// Files that import each other in a circle, also by types alone or by way of others, can only be understood, tested and
// loaded together.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src", import.meta.url));

/** Each file below `src/`, tests included, with those that it imports in whatever way. */
function importGraph() {
  const files = readdirSync(source, { recursive: true }).filter((file) => file.endsWith(".ts"));
  return new Map(
    files.map((file) => {
      const code = readFileSync(join(source, file), "utf8").replace(/^\s*(\/\/|\*).*$/gm, "");
      const specifiers = [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"(\.[^"]+)"/g)].map(
        ([, name]) => name,
      );
      const targets = specifiers.map((name) =>
        relative(source, join(source, dirname(file), name)).replace(/\.js$/, ".ts"),
      );
      return [file, targets];
    }),
  );
}

/** The shortest way from a node back to itself; undefined if there is none. */
function circleThrough(start, graph) {
  const cameFrom = new Map();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [start];
        for (let at = node; at !== start; at = cameFrom.get(at)) way.unshift(at);
        return [start, ...way];
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}

test("a circle is found, however long it is, and named by its shortest way", () => {
  const graph = new Map(Object.entries({ a: ["b", "c"], b: ["c"], c: ["d"], d: ["a"], e: ["a"], f: [] }));
  assert.deepEqual(circleThrough("a", graph), ["a", "c", "d", "a"]);
  assert.equal(circleThrough("e", graph), undefined);
  assert.equal(circleThrough("f", graph), undefined);
});

test("no file of src/ imports itself by way of others", () => {
  const graph = importGraph();
  assert.ok([...graph.values()].flat().length > graph.size, "imports are found");
  const circles = [...graph.keys()].map((file) => circleThrough(file, graph)).filter(Boolean);
  assert.deepEqual(
    circles.map((circle) => circle.join(" -> ")),
    [],
  );
});
