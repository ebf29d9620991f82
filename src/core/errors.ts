// The one error table: every failure a peer, an operator or a script can meet has its row here.

/** What is known about one error code. `wire` is null for codes that only the command line uses. */
export type ErrorCodeInfo = {
  /** JSON-RPC error number, or null when the code never crosses the wire. */
  readonly wire: number | null;
  /** Exit code of the command line. */
  readonly exit: number;
  /** May the very same request succeed later? */
  readonly retryable: boolean;
  /** One sentence for documentation. */
  readonly meaning: string;
};

/** Source: protocol.md 6, operators.md 2. Adding a row: edit this table and its pin, then `npm run schemas`. */
export const ERROR_CODES = {
  parse_error: {
    wire: -32700,
    exit: 1,
    retryable: false,
    meaning: 'The body is not UTF-8, not JSON, or nested too deeply',
  },
  invalid_request: { wire: -32600, exit: 1, retryable: false, meaning: 'A JSON object that is no valid request' },
  unknown_method: { wire: -32601, exit: 64, retryable: false, meaning: 'No such method' },
  invalid_params: {
    wire: -32602,
    exit: 64,
    retryable: false,
    meaning: 'The parameters do not fit the schema; details names each field',
  },
  internal: {
    wire: -32603,
    exit: 70,
    retryable: true,
    meaning: 'A bug in the daemon; the log has the details under the request id',
  },
  unauthenticated: { wire: -32001, exit: 77, retryable: false, meaning: 'The proof did not match any key' },
  not_initialized: { wire: -32002, exit: 1, retryable: false, meaning: 'A call before hello' },
  forbidden: { wire: -32003, exit: 77, retryable: false, meaning: 'The key lacks the scope that is named' },
  not_found: { wire: -32004, exit: 1, retryable: false, meaning: 'It does not exist, or this key may not see it' },
  unsupported_protocol: {
    wire: -32010,
    exit: 76,
    retryable: false,
    meaning: 'No common protocol version; supported says which',
  },
  too_large: { wire: -32013, exit: 65, retryable: false, meaning: 'It could never fit; limit says what would' },
  queue_full: { wire: -32020, exit: 75, retryable: true, meaning: 'The store is at a limit; reason says which' },
  conflict: {
    wire: -32021,
    exit: 1,
    retryable: false,
    meaning: 'The same idempotency key was used for other content, or the name is taken',
  },
  stale_etag: {
    wire: -32022,
    exit: 75,
    retryable: true,
    meaning: 'The configuration changed meanwhile; etag is the current one',
  },
  busy: { wire: -32023, exit: 75, retryable: true, meaning: 'Another exclusive operation runs; it is named' },
  unavailable: { wire: -32024, exit: 75, retryable: true, meaning: 'A part is not ready; which and why is said' },
  rate_limited: { wire: -32029, exit: 75, retryable: true, meaning: 'A rate limit is reached; retryAfterMs says when' },
  too_many_in_flight: {
    wire: -32030,
    exit: 75,
    retryable: true,
    meaning: 'Too many calls, streams or subscriptions at once; limit says how many may be',
  },
  too_many_connections: {
    wire: -32031,
    exit: 75,
    retryable: true,
    meaning: 'Every seat for this key or for all keys is taken',
  },
  converter_failed: {
    wire: -32040,
    exit: 65,
    retryable: false,
    meaning: 'The converter threw; file, line and column say where',
  },
  converter_timeout: { wire: -32040, exit: 65, retryable: false, meaning: 'The converter was stopped at a time limit' },
  converter_memory: {
    wire: -32040,
    exit: 65,
    retryable: false,
    meaning: 'The converter was stopped at a memory or output limit',
  },
  converter_crashed: {
    wire: -32040,
    exit: 65,
    retryable: false,
    meaning: 'The runner process died during the conversion',
  },
  converter_refused: {
    wire: -32040,
    exit: 65,
    retryable: false,
    meaning: 'The converter may not run: gate, approval, quarantine or missing',
  },
  shutting_down: {
    wire: -32050,
    exit: 75,
    retryable: true,
    meaning: 'The daemon is stopping; retryAfterMs says when to reconnect',
  },
  cancelled: { wire: -32800, exit: 130, retryable: false, meaning: 'Cancelled by the caller' },
  server_cancelled: { wire: -32802, exit: 75, retryable: true, meaning: 'Cancelled by the daemon' },
  request_failed: {
    wire: -32803,
    exit: 65,
    retryable: false,
    meaning: 'The request was understood and failed; reason says why',
  },
  deadline_exceeded: {
    wire: -32098,
    exit: 124,
    retryable: true,
    meaning: 'The deadline passed before there was an answer',
  },
  usage: { wire: null, exit: 64, retryable: false, meaning: 'The command line is not understood' },
  file_unreadable: { wire: null, exit: 66, retryable: false, meaning: 'A file that was named cannot be read' },
  not_running: { wire: null, exit: 69, retryable: true, meaning: 'No daemon answers for this home' },
  already_running: { wire: null, exit: 73, retryable: false, meaning: 'Another daemon holds this home; it is named' },
  cannot_write: { wire: null, exit: 73, retryable: false, meaning: 'A file or folder cannot be written' },
  io_error: {
    wire: null,
    exit: 74,
    retryable: true,
    meaning: 'The operating system reported an input or output error',
  },
  config_invalid: {
    wire: null,
    exit: 78,
    retryable: false,
    meaning: 'The configuration has errors; all findings are listed',
  },
} as const satisfies Record<string, ErrorCodeInfo>;

/** A stable name from the table: what clients and scripts switch on. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Exit code of a command that accepted its work but saw part of it fail. */
export const EXIT_PARTIAL = 2;

/** One failing field: where, which rule, and a sentence. Never the value itself. */
export type ErrorDetail = {
  readonly path: readonly (string | number)[];
  readonly code: string;
  readonly message: string;
  /** Unknown keys, where `code` says that there are some. */
  readonly keys?: readonly string[];
};

/** What travels beside a code. Every field is safe to show to the peer: no path of the machine, no stack, no secret. */
export type ErrorData = {
  readonly retryAfterMs?: number;
  readonly reason?: string;
  /** What would fit; or the name of the limit that stopped a converter, beside `used` and `allowed`. */
  readonly limit?: number | string;
  readonly scope?: string;
  readonly etag?: string;
  readonly bucket?: string;
  readonly supported?: { readonly min: number; readonly max: number };
  readonly details?: readonly ErrorDetail[];
  readonly [extra: string]: unknown;
};

/** Options of {@link AirlockError}. */
export type AirlockErrorOptions = { readonly cause?: unknown; readonly data?: ErrorData };

/**
 * A failure with a code from the table.
 *
 * Message form: `Cannot <verb> <object>: <reason>`, no full stop, no secret. `data` may be shown to the peer; `cause` goes to
 * the log only.
 */
export class AirlockError extends Error {
  override readonly name = 'AirlockError';
  readonly code: ErrorCode;
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, options: AirlockErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data ?? {};
  }

  /** May the very same request succeed later? */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  /** Exit code of the command line for this failure. */
  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/**
 * Is this text one of the table's codes?
 *
 * @param text - Any text, e.g. `data.code` of an answer.
 */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_CODES, text);
}

/**
 * Is this value an error of the operating system with that code?
 *
 * @param error - Anything caught.
 * @param codes - Names such as `ENOENT`.
 */
export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}
