const sessionKey = /^[\w.:-]{1,200}$/;
const printable = /^[!-~]{1,200}$/;
/** What PostgreSQL cannot hold, and where the binding of SQLite cuts. */
const unstorable = /\0|\p{Surrogate}/u;

/** 1 to 200 letters, digits, `-`, `_`, `.` and `:`, so that it needs no encoding in a path and sorts by its bytes. */
export const isSessionKey = (key: string): boolean => sessionKey.test(key);

/** Of cells and of calls: 1 to 200 printable ASCII characters without spaces. */
export const isId = (id: string): boolean => printable.test(id);

export function checkSessionKey(key: string): void {
  if (!isSessionKey(key))
    throw new RangeError("the key of a session has 1 to 200 letters, digits, and characters of -_.:");
}

export function checkId(what: "cell" | "call", id: string): void {
  if (!isId(id))
    throw new RangeError(`the id of a ${what} has 1 to 200 printable ASCII characters and no spaces`);
}

/** For names that the operator or the service itself gives: of tenants, periods, blobs. */
export function checkName(name: string): void {
  if (name === "" || name.length > 1000 || unstorable.test(name))
    throw new RangeError("a name in the store has 1 to 1000 characters, none of them NUL or half of a pair");
}

/** Where the keys that begin with `prefix` lie in the order of keys; undefined if there can be none. */
export function keyRange(prefix: string): { readonly from: string; readonly below: string } | undefined {
  if (prefix !== "" && !isSessionKey(prefix)) return undefined;
  // No key has a character as high as this.
  return { from: prefix, below: `${prefix}\x7f` };
}
