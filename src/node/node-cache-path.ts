/** Where something that was compiled from `file` by this very Node.js is kept. */
export function nodeCachePath(file: string): string {
  return `${file}-${process.version}-${process.platform}-${process.arch}.code`;
}
