/** The known word that was most likely meant: undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const allowed = Math.floor(word.length / 4);
  const [best] = known
    .map((name) => ({ name, distance: distance(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  if (best !== undefined && best.distance <= allowed) return best.name;
  // What begins or goes on in the same way is meant too: `--max-mem`, `--memory`, `timeout`.
  const part = word.replace(/^-+/, "").toLowerCase();
  return part.length < 3 ? undefined : known.find((name) => name.toLowerCase().includes(part));
}

/** How many letters are to be put in, left out, changed or exchanged with the next to make `b` of `a`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = [...Array(b.length + 1).keys()];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (same ? 0 : 1),
        swapped ? (beforeLast[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length] as number;
}
