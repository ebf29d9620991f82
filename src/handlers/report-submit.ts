// Answers report/submit: checks the bytes, hands them to the store, answers after the commit.

import { createHash } from 'node:crypto';
import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { ParamsOf } from '../protocol/method-spec.ts';
import type { reportSubmit } from '../protocol/methods/report-submit.ts';
import type { AcceptOutcome, Store } from '../store/types.ts';

type Params = ParamsOf<typeof reportSubmit>;

const encoder = new TextEncoder();

/** Decode as written or not at all: Node's decoder drops what does not fit, and the report would be another one. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const padded = bytes.toString('base64');
  if (text === padded || text === padded.replace(/=+$/, '')) return bytes;
  const message = 'must be base64, whole, with the right padding or none';
  throw new AirlockError('invalid_params', `Cannot run report/submit: contentBase64 ${message}`, {
    data: { details: [{ path: ['contentBase64'], code: 'invalid_format', message }] },
  });
}

function readContent({ content, contentBase64 }: Params): Uint8Array {
  if ((content === undefined) === (contentBase64 === undefined)) {
    throw new AirlockError(
      'invalid_params',
      'Cannot run report/submit: exactly one of content and contentBase64 is needed',
      {
        data: {
          details: [
            { path: ['content'], code: 'exactly_one', message: 'give exactly one of content and contentBase64' },
          ],
        },
      },
    );
  }
  return content === undefined ? decodeBase64(contentBase64 ?? '') : encoder.encode(content);
}

function checkBytes(bytes: Uint8Array, { size, sha256, name }: Params): void {
  const limit = WIRE_LIMITS.inlineBytes;
  if (bytes.byteLength > limit) {
    throw new AirlockError(
      'too_large',
      `Cannot submit "${name}": ${bytes.byteLength} bytes inline, at most ${limit} are taken`,
      {
        data: { limit },
      },
    );
  }
  if (size !== undefined && size !== bytes.byteLength) {
    throw new AirlockError(
      'request_failed',
      `Cannot submit "${name}": ${bytes.byteLength} bytes arrived, ${size} were announced`,
      {
        data: { reason: 'size_mismatch' },
      },
    );
  }
  if (sha256 !== undefined && sha256 !== createHash('sha256').update(bytes).digest('hex')) {
    throw new AirlockError('request_failed', `Cannot submit "${name}": the bytes that arrived have another SHA-256`, {
      data: { reason: 'sha256_mismatch' },
    });
  }
}

function toAnswer(outcome: AcceptOutcome, name: string) {
  switch (outcome.kind) {
    case 'accepted':
      return {
        submissionId: outcome.submissionId,
        sha256: outcome.sha256,
        bytes: outcome.bytes,
        duplicate: outcome.duplicate,
      };
    case 'queue_full':
      throw new AirlockError('queue_full', `Cannot submit "${name}": the queue is full (${outcome.reason})`, {
        data: { reason: outcome.reason, retryAfterMs: outcome.retryAfterMs },
      });
    case 'conflict':
      throw new AirlockError('conflict', `Cannot submit "${name}": the idempotency key was used for other content`, {
        data: { submissionId: outcome.submissionId },
      });
    default:
      return assertNever(outcome);
  }
}

/**
 * Take one file in.
 *
 * @throws {AirlockError} invalid_params, too_large, request_failed (`size_mismatch`, `sha256_mismatch`), queue_full, conflict.
 */
export const handleReportSubmit: Handler<typeof reportSubmit, { store: Pick<Store, 'accept'> }> = async (
  { store },
  params,
  { caller },
) => {
  const bytes = readContent(params);
  checkBytes(bytes, params);
  const outcome = await store.accept({
    kid: caller.kid,
    idempotencyKey: params.idempotencyKey,
    name: params.name,
    body: { kind: 'inline', bytes },
    companions: [],
    origin: null,
    converter: params.converter ?? null,
    arguments: params.arguments ?? {},
    priority: params.priority,
    group: params.group ?? null,
  });
  return toAnswer(outcome, params.name);
};
