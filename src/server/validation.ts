// Failing fields as a peer is told them: where and which rule, never the value.

import { AirlockError, type ErrorDetail } from '../core/errors.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';

/** A schema of the protocol room, as far as this room needs to know it. */
export type Schema = MethodSpec['params'];
type Checked<S extends Schema> = ReturnType<S['safeParse']>;
type Issue = NonNullable<Checked<Schema>['error']>['issues'][number];

// A hostile body can break thousands of rules at once: the answer stays small.
const MAX_DETAILS = 20;
const MAX_KEYS = 20;
const MAX_KEY_CHARS = 100;

const cut = (text: string): string => text.slice(0, MAX_KEY_CHARS);

function toDetail(issue: Issue): ErrorDetail {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : cut(String(part))));
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.slice(0, MAX_KEYS).map(cut);
    return { path, code: issue.code, message: 'has keys that are not known here', keys };
  }
  return { path, code: issue.code, message: issue.message };
}

/**
 * The failing fields of params, at most 20.
 *
 * @param issues - What the schema found.
 */
function toDetails(issues: readonly Issue[]): readonly ErrorDetail[] {
  return issues.slice(0, MAX_DETAILS).map(toDetail);
}

/**
 * The failure for params that do not fit.
 *
 * @param method - Method that was called.
 * @param details - Failing fields.
 */
export function invalidParams(method: string, details: readonly ErrorDetail[]): AirlockError {
  const where = details.slice(0, 3).map(({ path }) => (path.length === 0 ? 'params' : path.join('.')));
  return new AirlockError('invalid_params', `Cannot run ${method}: ${where.join(', ')} does not fit`, {
    data: { details },
  });
}

/**
 * Check params against their schema.
 *
 * @param schema - Schema of the method.
 * @param params - Params as they came.
 * @param options - Name of the method, for the message.
 * @throws {AirlockError} invalid_params with `details`, one entry per failing field, at most 20.
 */
export function parseParams<S extends Schema>(
  schema: S,
  params: unknown,
  { method }: { readonly method: string },
): S['_zod']['output'] {
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  throw invalidParams(method, toDetails(parsed.error.issues));
}
