// What a converter throws to say how a conversion ends, and what the library throws at the author.

/** Where in the input something is wrong; both count from 1. */
export type InputPlace = { readonly line?: number | null; readonly column?: number | null };

/** The file is damaged or not what this converter reads: the submission ends as `rejected`. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
  readonly #reason: string;
  readonly #line: number | null;
  readonly #column: number | null;

  /**
   * @param message - What is wrong, for the person who sent the file.
   * @param place - Where, as far as known.
   */
  constructor(message: string, place: InputPlace = {}) {
    super(message);
    this.#reason = message;
    this.#line = place.line ?? null;
    this.#column = place.column ?? null;
  }

  /** Reads what was given to the constructor, whatever the converter did to the object since; null for anything else. */
  static read(value: unknown): { reason: string; line: number | null; column: number | null } | null {
    if (typeof value !== 'object' || value === null || !(#reason in value)) return null;
    return { reason: value.#reason, line: value.#line, column: value.#column };
  }
}

/** There is nothing to report in this file, and that is fine: the submission ends as `skipped`. */
export class SkipFile extends Error {
  override readonly name = 'SkipFile';
  readonly #reason: string;

  /** @param reason - Why, in a few words. */
  constructor(reason: string) {
    super(reason);
    this.#reason = reason;
  }

  /** Reads what was given to the constructor; null for anything else. */
  static read(value: unknown): { reason: string } | null {
    return typeof value === 'object' && value !== null && #reason in value ? { reason: value.#reason } : null;
  }
}

/** Not yet: the submission is `suspended` and the conversion tried again later. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater';
  readonly #reason: string;
  readonly #afterMs: number | null;

  /**
   * @param reason - What is being waited for.
   * @param options - `afterMs`: how long, 1 s … 24 h; without it as `converters.retryLater` says.
   */
  constructor(reason: string, options: { readonly afterMs?: number } = {}) {
    super(reason);
    this.#reason = reason;
    this.#afterMs = options.afterMs ?? null;
  }

  /** Reads what was given to the constructor; null for anything else. */
  static read(value: unknown): { reason: string; afterMs: number | null } | null {
    if (typeof value !== 'object' || value === null || !(#reason in value)) return null;
    return { reason: value.#reason, afterMs: value.#afterMs };
  }
}

/** The converter made a report that cannot be: thrown at the line that made it; the submission ends as `failed`. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
}

/** The host takes nothing more: a limit is reached or a record was refused. The host knows which; catching it changes nothing. */
export class HostStop extends Error {
  override readonly name = 'HostStop';

  constructor() {
    super('Cannot go on: the host ended this conversion');
  }
}
