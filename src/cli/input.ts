/** Reads this process's standard input piece by piece, as it is asked for; undefined at its end. */
export function createInputReader(): () => Promise<Uint8Array | undefined> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return async () => {
    chunks ??= process.stdin[Symbol.asyncIterator]();
    const { done, value } = await chunks.next();
    return done ? undefined : value;
  };
}
