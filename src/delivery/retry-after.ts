// Reads the Retry-After header: seconds or a date, never trusted beyond a cap.

/** Context of {@link readRetryAfterMs}. */
export type RetryAfterOptions = {
  /** Wall clock, milliseconds, to which a date is compared. */
  readonly nowUnixMs: number;
  /** No server may ask for more than this, milliseconds. */
  readonly maxMs: number;
};

const SECONDS = /^\d{1,15}$/;
// RFC 9110 dates begin with a weekday; Date.parse alone would take "7.5" or "-3" for a date.
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /;

function readWaitMs(text: string, nowUnixMs: number): number {
  if (SECONDS.test(text)) return Number(text) * 1000;
  return HTTP_DATE.test(text) ? Date.parse(text) - nowUnixMs : Number.NaN;
}

/**
 * How long the server wants to be left alone. Pure.
 *
 * @param header - The header's text, or null when there was none.
 * @returns Milliseconds in 1 … `maxMs`, or null when the header is missing, unreadable, zero or past: then the own backoff
 * rules, so that a server cannot make us hurry.
 * Source: RFC 9110 section 10.2.3; queue.md 3.
 */
export function readRetryAfterMs(header: string | null, { nowUnixMs, maxMs }: RetryAfterOptions): number | null {
  const waitMs = readWaitMs((header ?? '').trim(), nowUnixMs);
  return waitMs > 0 ? Math.min(waitMs, maxMs) : null;
}
