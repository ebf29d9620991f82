// Which calls may be sent again when nobody knows whether the first was done: the one place that says so. Source: protocol.md 7.

import { z } from 'zod';
import type { MethodSpec } from './method-spec.ts';

/**
 * `safe`: it changes nothing. `keyed`: with the same idempotency key it is done once, however often it is sent. `never`: sent twice
 * it may be done twice.
 */
export type Repeat = 'safe' | 'keyed' | 'never';

/** Verbs of methods (`area/verb`) that change nothing. */
const READING_VERBS: readonly string[] = [
  'ping',
  'describe',
  'get',
  'getMany',
  'list',
  'stats',
  'shape',
  'verify',
  'probe',
  'convert',
  'check',
  'validate',
  'test',
];

/**
 * May a method be sent again?
 *
 * @param spec - Any method. A verb that is not known to read counts as writing.
 */
export function repeatOf({ name, params }: Pick<MethodSpec, 'name' | 'params'>): Repeat {
  if (READING_VERBS.includes(name.slice(name.indexOf('/') + 1))) return 'safe';
  return params instanceof z.ZodObject && 'idempotencyKey' in params.shape ? 'keyed' : 'never';
}
