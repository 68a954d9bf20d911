/** What a service tells of itself, in the text format of Prometheus. */
export interface Metrics {
  /** A number that only grows. */
  counter(name: string, help: string, label?: string): Counter;
  /** A number that is asked for when it is told. */
  gauge(name: string, help: string, read: () => number): void;
  /** How long things take, in seconds. */
  histogram(name: string, help: string, label?: string): Histogram;
  text(): string;
}

export interface Counter {
  add(value?: number, label?: string): void;
}

export interface Histogram {
  observe(seconds: number, label?: string): void;
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function createMetrics(): Metrics {
  const writers: Array<() => string[]> = [];

  function head(name: string, help: string, type: string): string[] {
    return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
  }

  return {
    counter(name, help, label) {
      const values = new Map<string, number>(label === undefined ? [["", 0]] : []);
      writers.push(() => [
        ...head(name, help, "counter"),
        ...Array.from(values, ([key, value]) => `${name}${labelled(label, key)} ${value}`),
      ]);
      return { add: (value = 1, key = "") => void values.set(key, (values.get(key) ?? 0) + value) };
    },
    gauge(name, help, read) {
      writers.push(() => [...head(name, help, "gauge"), `${name} ${read()}`]);
    },
    histogram(name, help, label) {
      const series = new Map<string, { counts: number[]; sum: number; count: number }>();
      writers.push(() => [
        ...head(name, help, "histogram"),
        ...[...series].flatMap(([key, { counts, sum, count }]) => [
          ...buckets.map(
            (bound, index) => `${name}_bucket${labelled(label, key, `le="${bound}"`)} ${counts[index]}`,
          ),
          `${name}_bucket${labelled(label, key, 'le="+Inf"')} ${count}`,
          `${name}_sum${labelled(label, key)} ${sum}`,
          `${name}_count${labelled(label, key)} ${count}`,
        ]),
      ]);
      return {
        observe(seconds, key = "") {
          let one = series.get(key);
          if (one === undefined) {
            one = { counts: buckets.map(() => 0), sum: 0, count: 0 };
            series.set(key, one);
          }
          for (const [index, bound] of buckets.entries()) {
            if (seconds <= bound) one.counts[index] = (one.counts[index] ?? 0) + 1;
          }
          one.sum += seconds;
          one.count++;
        },
      };
    },
    text: () => `${writers.flatMap((write) => write()).join("\n")}\n`,
  };
}

/** Labels hold words of our own alone: nothing in them needs escaping. */
function labelled(label: string | undefined, key: string, more?: string): string {
  const pairs = [
    ...(label === undefined ? [] : [`${label}="${key}"`]),
    ...(more === undefined ? [] : [more]),
  ];
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
