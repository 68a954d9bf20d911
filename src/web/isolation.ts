/** Why nothing reaches a guest that runs, where a page may not share memory with its workers. */
export const unreachable =
  "the page is not cross-origin isolated, so running code cannot wait for an answer of it";

/** Whether pages and workers may share memory. */
export function sharesMemory(): boolean {
  return globalThis.crossOriginIsolated === true;
}
