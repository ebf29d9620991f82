// Looks into the configuration's schema: which keys there are at a place. The only reader of its structure.

import { z } from 'zod';
import { isJsonObject, type Json } from './json.ts';

/** What may stand at a place of the configuration. */
export type SchemaShape =
  /** Fixed keys. */
  | { readonly kind: 'keys'; readonly keys: ReadonlyMap<string, z.core.$ZodType> }
  /** A map by name. */
  | { readonly kind: 'map'; readonly value: z.core.$ZodType }
  /** A list. */
  | { readonly kind: 'list'; readonly item: z.core.$ZodType }
  /** One value, or free JSON. */
  | { readonly kind: 'value' };

/** Take off what only adds defaults or converts; the schema of what is written remains. */
export function unwrapSchema(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodPrefault || schema instanceof z.ZodDefault) return unwrapSchema(schema.unwrap());
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional) return unwrapSchema(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrapSchema(schema.in);
  return schema;
}

function optionsFor(schema: z.ZodDiscriminatedUnion, value: Json | undefined): readonly z.core.$ZodType[] {
  const key = schema.def.discriminator;
  const wanted = isJsonObject(value) ? value[key] : undefined;
  const fitting = schema.options.filter((option) => {
    const shape = shapeOf(option);
    const literal = shape.kind === 'keys' ? shape.keys.get(key) : undefined;
    return literal !== undefined && z.safeParse(literal, wanted).success;
  });
  return fitting.length > 0 ? fitting : schema.options;
}

/**
 * What may stand where this schema rules.
 *
 * @param schema - Any part of the configuration's schema.
 * @param value - What stands there: it decides between kinds of destination; without it all their keys count.
 */
export function shapeOf(schema: z.core.$ZodType, value?: Json): SchemaShape {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodObject) return { kind: 'keys', keys: new Map(Object.entries(inner.shape)) };
  if (inner instanceof z.ZodRecord) return { kind: 'map', value: inner.valueType };
  if (inner instanceof z.ZodArray) return { kind: 'list', item: inner.element };
  if (inner instanceof z.ZodDiscriminatedUnion) {
    const keys = optionsFor(inner, value).flatMap((option) => {
      const shape = shapeOf(option);
      return shape.kind === 'keys' ? [...shape.keys] : [];
    });
    return { kind: 'keys', keys: new Map(keys) };
  }
  return { kind: 'value' };
}

/**
 * Every key of the configuration, with `<name>` for the names of maps: `queue.maxItems`, `destinations.<name>.url`.
 *
 * @param schema - Where to begin.
 */
export function listKeys(schema: z.core.$ZodType, prefix = ''): readonly string[] {
  const shape = shapeOf(schema);
  const below = (key: string, inner: z.core.$ZodType) => listKeys(inner, prefix === '' ? key : `${prefix}.${key}`);
  if (shape.kind === 'keys') return [...shape.keys].flatMap(([key, inner]) => below(key, inner));
  if (shape.kind === 'map' && shapeOf(shape.value).kind === 'keys') return below('<name>', shape.value);
  return [prefix];
}
