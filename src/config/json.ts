// JSON values and key paths as data.

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };
/** Where a value lies: keys and list positions from the root. */
export type KeyPath = readonly (string | number)[];

/** Is this an object, not a list and not null? */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key path as people write it: `queue.maxItems`, `sandbox.requireWalls.0`. */
export const toKeyText = (path: KeyPath): string => path.join('.');

/**
 * The value at a path, or undefined.
 *
 * @param root - Any JSON value.
 */
export function valueAt(root: Json | undefined, path: KeyPath): Json | undefined {
  let value = root;
  for (const key of path) {
    if (Array.isArray(value) && typeof key === 'number') value = value[key] as Json | undefined;
    else if (isJsonObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/**
 * Every value that is no object (lists count as one value), with its path.
 *
 * @param root - Any JSON value.
 */
export function* eachLeaf(root: Json, path: KeyPath = []): Generator<{ readonly path: KeyPath; readonly value: Json }> {
  if (!isJsonObject(root)) {
    yield { path, value: root };
    return;
  }
  for (const [key, value] of Object.entries(root)) yield* eachLeaf(value, [...path, key]);
}

/** An object with one value at a path: `nest(['a', 'b'], 1)` is `{ a: { b: 1 } }`. */
export function nest(path: readonly string[], value: Json): Json {
  // `fromEntries` defines own keys, so that a key `__proto__` stays data.
  return path.reduceRight<Json>((inner, key) => Object.fromEntries([[key, inner]]), value);
}

/** Lay one value over another: objects merge key by key, everything else (lists too) is replaced as a whole. */
export function overlay(under: Json, over: Json): Json {
  if (!isJsonObject(under) || !isJsonObject(over)) return over;
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, below === undefined ? value : overlay(below, value));
  }
  return Object.fromEntries(merged);
}

/** Without the keys whose value is null: null means "the default". List entries stay. */
export function withoutNulls(value: Json): Json {
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
