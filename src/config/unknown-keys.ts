// Keys that the schema does not know: kept in the file, named in a warning, with the key that was probably meant.

import type { z } from 'zod';
import { findNearest } from './edit-distance.ts';
import { isJsonObject, type Json, type KeyPath } from './json.ts';
import type { Remark } from './remark.ts';
import { shapeOf } from './schema-walk.ts';

/**
 * Find keys that do not exist.
 *
 * @param schema - What rules at this place.
 * @param value - What stands there.
 * @param path - Where it stands.
 */
export function* findUnknownKeys(
  schema: z.core.$ZodType,
  { value, path = [] }: { value: Json; path?: KeyPath },
): Generator<Remark> {
  const shape = shapeOf(schema, value);
  if (shape.kind === 'list' && Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* findUnknownKeys(shape.item, { value: item as Json, path: [...path, index] });
    }
  }
  if (!isJsonObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const below = [...path, key];
    if (shape.kind === 'map') yield* findUnknownKeys(shape.value, { value: inner, path: below });
    if (shape.kind !== 'keys') continue;
    const known = shape.keys.get(key);
    if (known !== undefined) {
      yield* findUnknownKeys(known, { value: inner, path: below });
      continue;
    }
    const nearest = findNearest(key, shape.keys.keys());
    const message = 'no such key: it has no effect';
    const remark = { severity: 'warning', code: 'unknown_key', path: below, at: 'key', message } as const;
    yield nearest === null ? remark : { ...remark, suggestion: nearest };
  }
}
