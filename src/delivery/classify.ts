// What an answer or a failed request means for the report and for its destination. Pure; the table is queue.md 3.

import { assertNever } from '../core/assert-never.ts';
import { toAnswerText } from './answer-text.ts';
import type { HttpAnswer, HttpFailure } from './http-request.ts';
import { readRetryAfterMs } from './retry-after.ts';
import type { SendOutcome } from './send.ts';
import { findServerId } from './server-id.ts';

/** Context of {@link classifyAnswer}. */
export type ClassifyOptions = {
  /** What 409, "the same id exists", means. */
  readonly onConflict: 'delivered' | 'dead';
  /** Cap of Retry-After, milliseconds. */
  readonly maxRetryAfterMs: number;
  /** Wall clock, milliseconds: a Retry-After date is compared to it. */
  readonly nowUnixMs: number;
};

type StatusClass = 'refused' | 'unauthorized' | 'network_login' | 'wrong_url' | 'transient';

const STATUS_CLASSES: Readonly<Record<number, StatusClass>> = {
  400: 'refused',
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'wrong_url',
  405: 'wrong_url',
  406: 'refused',
  407: 'unauthorized',
  408: 'transient',
  410: 'wrong_url',
  413: 'refused',
  415: 'refused',
  422: 'refused',
  425: 'transient',
  429: 'transient',
  431: 'refused',
  501: 'wrong_url',
  505: 'wrong_url',
  511: 'network_login',
};

/** Statuses whose Retry-After counts. */
const WAIT_STATUSES: readonly number[] = [429, 503];

// Source: OpenSSL's X509_V_ERR names as Node reports them (tls, "X509 certificate error codes"), and Node's own.
const CERTIFICATE_CODES: ReadonlySet<string> = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CRL_HAS_EXPIRED',
  'CRL_NOT_YET_VALID',
  'CRL_SIGNATURE_FAILURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERROR_IN_CERT_NOT_AFTER_FIELD',
  'ERROR_IN_CERT_NOT_BEFORE_FIELD',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * Does this code of a failed request say that the server's certificate is not trusted?
 *
 * @param code - From {@link HttpFailure}.
 */
export const isCertificateCode = (code: string): boolean => CERTIFICATE_CODES.has(code);

function classOf(status: number): StatusClass | null {
  if (status >= 300 && status < 400) return 'wrong_url';
  return STATUS_CLASSES[status] ?? (status >= 500 && status < 600 ? 'transient' : null);
}

function locationHost(location: string | null): string {
  if (location === null || !URL.canParse(location)) return '';
  return ` and points to host ${new URL(location).host}`;
}

function classifySuccess({ status, body, isCut }: HttpAnswer): SendOutcome {
  const answer = toAnswerText(body);
  const serverId = isCut ? null : findServerId(body);
  if (serverId !== null) return { kind: 'delivered', serverId, answer };
  return {
    kind: 'ambiguous',
    error: `Cannot confirm delivery: the server answered ${status} without naming an id`,
    answer,
  };
}

/**
 * What the server's answer means. Pure.
 *
 * A status that the table does not know holds the destination: nothing is lost, and a person sees it.
 *
 * @param answer - Its texts must not contain the token any more (`hideSecret`).
 * @returns Every variant but `unsendable`.
 */
export function classifyAnswer(answer: HttpAnswer, options: ClassifyOptions): SendOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return classifySuccess(answer);

  const words = toAnswerText(answer.body);
  const error = `Cannot deliver report: the server answered ${status}`;
  if (status === 409) {
    if (options.onConflict === 'delivered')
      return { kind: 'delivered', serverId: findServerId(answer.body), answer: words };
    return { kind: 'refused', reason: 'conflict', error: `${error}, the same id exists`, answer: words };
  }
  const reason = classOf(status);
  switch (reason) {
    case 'refused':
      return { kind: 'refused', reason: `status_${status}`, error, answer: words };
    case 'unauthorized':
    case 'network_login':
      return { kind: 'misconfigured', reason, error, answer: words };
    case 'wrong_url':
      return { kind: 'misconfigured', reason, error: `${error}${locationHost(answer.location)}`, answer: words };
    case 'transient': {
      const wait = { nowUnixMs: options.nowUnixMs, maxMs: options.maxRetryAfterMs };
      const retryAfterMs = WAIT_STATUSES.includes(status) ? readRetryAfterMs(answer.retryAfter, wait) : null;
      return { kind: 'transient', reason: `status_${status}`, error, answer: words, retryAfterMs };
    }
    case null:
      return { kind: 'misconfigured', reason: 'unexpected_answer', error, answer: words };
    default:
      return assertNever(reason);
  }
}

function transient(reason: string, why: string): SendOutcome {
  return {
    kind: 'transient',
    reason,
    error: `Cannot reach destination: ${why}`,
    answer: null,
    retryAfterMs: null,
  };
}

/**
 * What a request without an answer means: certificates and blocked addresses are the configuration's fault, all else passes.
 * Pure.
 *
 * @returns `misconfigured` or `transient`.
 */
export function classifyFailure(failure: HttpFailure): SendOutcome {
  switch (failure.kind) {
    case 'blocked':
      return {
        kind: 'misconfigured',
        reason: 'blocked_address',
        error: `Cannot reach destination: ${failure.why}; a private host must be named in allowHosts`,
        answer: null,
      };
    case 'timed_out':
      return transient(
        'timeout',
        `no ${failure.limit === 'connect' ? 'connection' : 'progress'} within ${failure.limitMs} ms`,
      );
    case 'failed':
      if (!isCertificateCode(failure.code)) return transient('network', failure.code);
      return {
        kind: 'misconfigured',
        reason: 'certificate',
        error: `Cannot trust destination: its certificate was refused, ${failure.code}`,
        answer: null,
      };
    default:
      return assertNever(failure);
  }
}
