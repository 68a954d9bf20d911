/** Keys of sessions and ids of cells: they stand in addresses as they are, and none is `.` or `..`. */
export const namePattern = "^[A-Za-z0-9_][A-Za-z0-9._:-]{0,199}$";

const name = new RegExp(namePattern);

export function isName(value: string): boolean {
  return name.test(value);
}

export const nameRule = "1 to 200 letters, digits, - _ . or :, the first a letter, a digit or _";
