import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics.js";

test("figures are told in the text format of Prometheus", () => {
  const metrics = createMetrics();
  const plain = metrics.counter("a_total", "Things.");
  const labelled = metrics.counter("b_total", "Others.", "status");
  metrics.gauge("c", "Now.", () => 7);
  const seconds = metrics.histogram("d_seconds", "How long.");
  plain.add();
  plain.add(2);
  labelled.add(1, "200");
  seconds.observe(0.02);
  seconds.observe(100);
  const text = metrics.text();
  assert.ok(text.endsWith("\n"));
  for (const line of [
    "# HELP a_total Things.",
    "# TYPE a_total counter",
    "a_total 3",
    'b_total{status="200"} 1',
    "# TYPE c gauge",
    "c 7",
    'd_seconds_bucket{le="0.01"} 0',
    'd_seconds_bucket{le="0.025"} 1',
    'd_seconds_bucket{le="60"} 1',
    'd_seconds_bucket{le="+Inf"} 2',
    "d_seconds_sum 100.02",
    "d_seconds_count 2",
  ]) {
    assert.ok(text.split("\n").includes(line), line);
  }
  assert.equal(createMetrics().text(), "\n");
});
