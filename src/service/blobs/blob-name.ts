const blobName = /^[\w-][\w.-]{0,199}$/;

/** Whether something is the name of a blob: 1 to 200 letters, digits, `_`, `-` and `.`, the first no `.`. */
export const isBlobName = (name: string): boolean => blobName.test(name);

export function checkBlobName(name: string): void {
  if (!isBlobName(name)) throw new RangeError(`${JSON.stringify(name)} cannot be the name of a blob`);
}
