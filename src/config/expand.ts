// Replaces `${hostname}`, `${env:NAME}` and `~/` in the values that allow it.

import type { z } from 'zod';
import type { Environment } from '../disk/places.ts';
import { isJsonObject, type Json, type KeyPath } from './json.ts';
import type { Remark } from './remark.ts';
import { shapeOf, unwrapSchema } from './schema-walk.ts';
import { expandable } from './values.ts';

/** What the placeholders stand for. */
export type ExpandDeps = { readonly env: Environment; readonly hostname: string };

/** The value with every placeholder replaced, and what could not be. */
export type Expansion = { readonly value: Json; readonly remarks: readonly Remark[] };

const PLACEHOLDER = /\$\{([^{}]*)\}/g;

type Refuse = (message: string) => void;

function replace(word: string, { env, hostname, refuse }: ExpandDeps & { readonly refuse: Refuse }): string {
  if (word === 'hostname') return hostname;
  const variable = word.startsWith('env:') ? word.slice('env:'.length) : null;
  if (variable === null) {
    refuse('unknown placeholder: only ${hostname} and ${env:NAME} are replaced');
    return '';
  }
  const value = env[variable];
  if (value === undefined) refuse(`the environment variable ${variable} is not set`);
  return value ?? '';
}

function expandText(text: string, deps: ExpandDeps & { readonly refuse: Refuse; readonly isPath: boolean }): string {
  // Replaced once: what comes out of a variable is never read as a placeholder.
  const expanded = text.replaceAll(PLACEHOLDER, (_whole, word: string) => replace(word, deps));
  if (!deps.isPath || !/^~[/\\]/.test(text)) return expanded;
  const home = deps.env['HOME'] ?? deps.env['USERPROFILE'];
  if (home === undefined) deps.refuse('~ needs the environment variable HOME, which is not set');
  return `${home ?? ''}${expanded.slice(1)}`;
}

/**
 * Replace placeholders in paths, URLs and station texts, nowhere else.
 *
 * @param deps - Host name and environment.
 * @param input - The schema of the value, and the value as written.
 * @returns the value, and an error `missing` for each placeholder that stands for nothing.
 */
export function expandPlaceholders(
  deps: ExpandDeps,
  { schema, value }: { schema: z.core.$ZodType; value: Json },
): Expansion {
  const remarks: Remark[] = [];

  function expand(at: z.core.$ZodType, { inner, path }: { inner: Json; path: KeyPath }): Json {
    if (typeof inner === 'string') {
      const kind = expandable.get(unwrapSchema(at))?.kind;
      if (kind === undefined) return inner;
      const refuse: Refuse = (message) =>
        remarks.push({ severity: 'error', code: 'missing', path, at: 'value', message });
      return expandText(inner, { ...deps, refuse, isPath: kind === 'path' });
    }
    if (!isJsonObject(inner)) return inner;
    const shape = shapeOf(at, inner);
    const entries = Object.entries(inner).map(([key, below]): [string, Json] => {
      const schemaBelow = shape.kind === 'map' ? shape.value : shape.kind === 'keys' ? shape.keys.get(key) : undefined;
      return [key, schemaBelow === undefined ? below : expand(schemaBelow, { inner: below, path: [...path, key] })];
    });
    return Object.fromEntries(entries);
  }

  return { value: expand(schema, { inner: value, path: [] }), remarks };
}
