/** Why a request was refused, and with which status of HTTP. Clients tell failures apart by these names. */
export const failureStatus = {
  /** The request is not as it should be: `detail` says where. */
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  /** The token may not do this, or not with that key: whether there is such a session is not told. */
  FORBIDDEN: 403,
  /** The operator does not allow it to anybody. */
  NOT_ALLOWED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  /** There is a session of that key, made with something else. */
  SESSION_EXISTS: 409,
  /** There is a cell of that id, which is another one. */
  CELL_CONFLICT: 409,
  /** A cell of the session waits for answers, and nothing else can run until it has them. */
  SUSPENDED: 409,
  NOT_SUSPENDED: 409,
  /** The call has been answered, with something else. */
  CALL_ANSWERED: 409,
  /** The cell does not run, nor wait for its turn. */
  NOT_RUNNING: 409,
  /** The session's state is of an interpreter that no worker has. */
  RUNTIME_MISMATCH: 409,
  TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** What should be a snapshot is none, is damaged or forged, or is larger than the session may be. */
  INVALID_SNAPSHOT: 422,
  /** What was asked of a file could not be done: `errno` says why. */
  FILE_FAILED: 422,
  /** The session cannot be opened with what it was made with. */
  CANNOT_START: 422,
  TOO_MANY_REQUESTS: 429,
  /** The token has used up what it may. */
  LIMIT_REACHED: 429,
  /** Too much waits already, of this session or in this worker. */
  BUSY: 429,
  INTERNAL: 500,
  /** The store, or the owner of the session, cannot be reached, or what happened is unknown: ask again, by the same id. */
  UNAVAILABLE: 503,
  DRAINING: 503,
} as const;

export type FailureCode = keyof typeof failureStatus;

export interface FailureOptions {
  readonly cause?: unknown;
  /** When to try again, in whole seconds. */
  readonly retryAfterS?: number;
  /** With `FILE_FAILED`. */
  readonly errno?: string;
}

/** What a request gets in place of an answer. The message is one line, and names nothing of another tenant's. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;
  readonly retryAfterS: number | undefined;
  readonly errno: string | undefined;

  constructor(code: FailureCode, message: string, { cause, retryAfterS, errno }: FailureOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryAfterS = retryAfterS ?? (failureStatus[code] === 503 || code === "BUSY" ? 1 : undefined);
    this.errno = errno;
  }
}
