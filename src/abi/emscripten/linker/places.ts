/** The first place from another on that is a multiple of a power of two. */
export function aligned(place: number, alignment: number): number {
  const unit = 2 ** alignment;
  return Math.ceil(place / unit) * unit;
}

/** An absolute path without `.`, `..` and doubled slashes. */
export function normalize(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}
