/**
 * The one channel from the driver to the host: `host(operation, ...values)` with at most three values, everything
 * copied. The numbers are named again at the top of the driver's `primordials.js`.
 */
export const hostOperations = {
  /** (descriptor 1 or 2, well-formed string): writes all of it. */
  write: 0,
  /** (): the next line of standard input without its end, or undefined at the end of the file. */
  readLine: 1,
  /** (): the rest of standard input. */
  readAll: 2,
  /** (count up to 65,536): an ArrayBuffer of random bytes. */
  random: 3,
  /** (code): ends the run at once. */
  exit: 4,
  /** (object): the engine's class name, or "Proxy"; nothing that the guest can forge. */
  classOf: 5,
  /** (proxy): its target, with no trap run. */
  proxyTarget: 6,
  /** (promise): 0 pending, 1 fulfilled, 2 rejected. */
  promiseState: 7,
  promiseResult: 8,
  /** (request as JSON): see file-calls.ts; gives an answer as JSON. */
  fileCall: 9,
  /** (absolute path): the file as an ArrayBuffer, or as a string; 0 if that fails. */
  readBytes: 10,
  readText: 11,
  /** (): the name of the error of the last of these two that failed. */
  lastErrno: 12,
  /** (request as JSON, well-formed string): writes a file; gives an answer as JSON. */
  writeText: 13,
  /** (request as JSON with the `offset` and `length` of the part, ArrayBuffer): the same. */
  writeBytes: 14,
  /** (): 1 if what the console makes of values is to be coloured, else 0. */
  colors: 15,
  /** (): the next bytes of standard input as an ArrayBuffer, or undefined at its end. */
  readChunk: 16,
  /** (absolute path, text): the function that a CommonJS module's text is the body of; nothing of it runs. */
  compile: 17,
  /**
   * (JSON of the call's id, the function's name, and the sizes of the parts of bytes; JSON of the arguments; ArrayBuffer of
   * those parts, or undefined): calls a function of the host.
   */
  call: 18,
  /** (id): nobody wants the answer to the call any more. */
  cancel: 19,
  /**
   * (milliseconds to wait): the next answer to a call, or undefined if there is none by then. It is JSON: `[0, id, value]`;
   * `[1, id, value, sizes]` for a value in which `revive` has something to do; `[2, id, type, message]` for a failure;
   * `[3, id]` if the answer comes another day.
   */
  receive: 20,
  /** (): the bytes of the last answer, its parts behind each other, as an ArrayBuffer. */
  receivedBytes: 21,
  /** (): the id of the last answer; 0 if the last time there was none. */
  receivedCall: 22,
  /** (JSON of sizes, JSON of a value, ArrayBuffer or undefined): shows the value; gives 1, or 0 if there is nobody to see. */
  display: 23,
  /** (request as JSON: the specifier as `path`, the directory as `to`, `import` or `require` as `call`): what it means. */
  resolveModule: 30,
} as const;
