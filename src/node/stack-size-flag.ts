/** The flag that this process was started with for another size of its main stack, and that size in bytes. */
export function stackSizeFlag(): { readonly flag: string; readonly bytes: number } | undefined {
  for (const flag of process.execArgv) {
    const kibibytes = /^--stack[-_]size=(\d+)$/.exec(flag)?.[1];
    if (kibibytes !== undefined) return { flag, bytes: Number(kibibytes) * 1024 };
  }
  return undefined;
}
