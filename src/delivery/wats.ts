// The `wats` destination: one report as WSJF to the server's report endpoint.

import type { WatsDestinationConfig } from '../config/schema/destinations.ts';
import type { Clock } from '../core/clock.ts';
import type { Secret } from '../core/secret.ts';
import { hideSecret } from './answer-text.ts';
import { classifyAnswer, classifyFailure } from './classify.ts';
import type { HttpAnswer, HttpClient } from './http-request.ts';
import type { OutgoingReport, Send, SendOutcome } from './send.ts';
import { toTooLarge } from './with-max-bytes.ts';

/** A report in the server's form, or why it has none. */
export type WsjfText =
  | { readonly kind: 'ok'; readonly text: string }
  | { readonly kind: 'invalid'; readonly reason: string; readonly message: string };

/** What a `wats` destination needs. */
export type WatsDeps = {
  readonly client: Pick<HttpClient, 'post'>;
  readonly clock: Pick<Clock, 'nowUnixMs'>;
  readonly resolveSecret: (name: string) => Promise<Secret | null>;
  /** Writes a canonical report as WSJF. */
  readonly encode: (report: OutgoingReport) => WsjfText;
};

const REPORT_PATH = 'api/Report/WSJF';
/** What may stand in a header: visible ASCII, no blank. */
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Address of the report endpoint below the configured URL; a query or fragment of it is dropped.
 *
 * @param url - As configured, with or without a slash at its end.
 */
export function toReportUrl(url: string): URL {
  const base = new URL(url);
  return new URL(`${base.pathname.replace(/\/+$/u, '')}/${REPORT_PATH}`, base.origin);
}

function misconfigured(reason: string, error: string): SendOutcome {
  return { kind: 'misconfigured', reason, error, answer: null };
}

function withoutSecret(answer: HttpAnswer, token: Secret): HttpAnswer {
  const location = answer.location === null ? null : hideSecret(answer.location, token);
  return { ...answer, location, body: hideSecret(answer.body, token) };
}

/**
 * The token of a destination, or how an upload without it ends. Neither names a path of this machine.
 *
 * @param name - Of the secret.
 */
export async function readToken(
  { resolveSecret }: Pick<WatsDeps, 'resolveSecret'>,
  name: string,
): Promise<Secret | SendOutcome> {
  let token: Secret | null;
  try {
    token = await resolveSecret(name);
  } catch {
    // The cause may name a path of this machine, and the outcome is shown to peers; the resolver logs it.
    return misconfigured('secret_unreadable', `Cannot authenticate: secret ${name} is not readable`);
  }
  if (token === null) return misconfigured('secret_missing', `Cannot authenticate: secret ${name} is missing`);
  if (TOKEN.test(token.reveal())) return token;
  return misconfigured('secret_invalid', `Cannot authenticate: secret ${name} does not fit into a header`);
}

/**
 * Send for `wats`: `POST <url>/api/Report/WSJF`, delivered only when the answer names an id.
 *
 * Every attempt of one revision carries the same report id and `Idempotency-Key`. The token is resolved per upload and appears
 * in no outcome, even if the server quotes it.
 *
 * @param deps - `client` posts to {@link toReportUrl} of the configured URL.
 * @returns Every variant; `unsendable` with `identity_missing` or `wsjf_invalid` from the writer, or `too_large`.
 */
export function makeWatsSend(deps: WatsDeps, config: WatsDestinationConfig): Send {
  return async (report, { signal }) => {
    const encoded = deps.encode(report);
    if (encoded.kind === 'invalid') return { kind: 'unsendable', reason: encoded.reason, error: encoded.message };
    const body = Buffer.from(encoded.text, 'utf8');
    if (body.byteLength > config.maxBytes) return toTooLarge(body.byteLength, config.maxBytes);

    const token = await readToken(deps, config.token.secret);
    if ('kind' in token) return token;
    const headers = {
      Accept: 'application/json',
      'Content-Type': 'application/json; charset=utf-8',
      Authorization: `Basic ${token.reveal()}`,
      'Idempotency-Key': `${report.reportId}.${report.revision}`,
    };
    const outcome = await deps.client.post({ headers, body }, { signal });
    if (outcome.kind !== 'answered') return classifyFailure(outcome);
    return classifyAnswer(withoutSecret(outcome.answer, token), {
      onConflict: config.onConflict,
      maxRetryAfterMs: config.retry.maxRetryAfter,
      nowUnixMs: deps.clock.nowUnixMs(),
    });
  };
}
