/** A module that cannot be had. The message is for the guest's code, as is the code, one of Node.js's. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";

  constructor(
    readonly code: string,
    message: string,
    /** Where in a source text it is wrong: then it is a `SyntaxError` of the guest's. */
    readonly place?: { readonly filename: string; readonly line: number; readonly column: number },
  ) {
    super(message);
  }
}
