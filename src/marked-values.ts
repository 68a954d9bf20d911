/**
 * What stands for bytes in JSON, and for an object that looks like that: one that has no other member than `$bytes` or
 * `$object` is `{"$object": object}`.
 */
export const marks = { bytes: "$bytes", object: "$object" } as const;

/** Whether it looks like what stands for bytes, or for an object that does. */
export function isMarked(value: object): boolean {
  const [name, ...others] = Object.keys(value);
  return others.length === 0 && (name === marks.bytes || name === marks.object);
}

/** Without a prototype, where a member `__proto__` is one like any other. */
export function mapMembers(value: object, map: (member: unknown) => unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null);
  for (const [name, member] of Object.entries(value)) copy[name] = map(member);
  return copy;
}
