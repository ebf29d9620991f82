// What the schema refuses, in the words and codes of configuration findings. Values are never repeated but numbers.

import type { z } from 'zod';
import { findNearest } from './edit-distance.ts';
import { type Json, type KeyPath, valueAt } from './json.ts';
import { type FindingCode, isFindingCode, type Remark } from './remark.ts';
import { CONFIG_VERSION } from './schema/root.ts';

type Issue = z.core.$ZodIssue;
type IssueOf<Code extends Issue['code']> = Extract<Issue, { readonly code: Code }>;

type Words = { readonly code: FindingCode; readonly message: string; readonly suggestion?: string };

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object { … }',
  record: 'an object { … }',
  array: 'a list [ … ]',
};

const MISSING: Words = { code: 'missing', message: 'is needed' };

function describeType(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  return TYPE_WORDS[typeof value]?.replace(' { … }', '') ?? typeof value;
}

function describeWrongType(expected: string, value: Json): Words {
  const received = expected === 'int' && typeof value === 'number' ? String(value) : describeType(value);
  const message = `expected ${TYPE_WORDS[expected] ?? expected}, received ${received}`;
  return { code: 'wrong_type', message };
}

function describeChoice(options: readonly unknown[], value: Json | undefined): Words {
  if (value === undefined) return MISSING;
  const names = options.map((option) => JSON.stringify(option));
  const message = names.length === 1 ? `must be ${names[0]}` : `must be one of ${names.join(', ')}`;
  const texts = options.filter((option) => typeof option === 'string');
  const nearest = typeof value === 'string' ? findNearest(value, texts) : null;
  return { code: 'not_one_of', message, ...(nearest !== null && { suggestion: nearest }) };
}

function sizeOf(value: Json): number | null {
  if (typeof value === 'number') return value;
  return typeof value === 'string' || Array.isArray(value) ? value.length : null;
}

function describeRange(issue: IssueOf<'too_big' | 'too_small'>, value: Json): Words {
  const limit = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
  const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };
  const unit = units[issue.origin] ?? '';
  const verb = unit === '' ? ['must be', 'received'] : ['must have', 'has'];
  return { code: 'out_of_range', message: `${verb[0]} ${limit}${unit}, ${verb[1]} ${sizeOf(value) ?? 'another'}` };
}

/** Did this kind of value fit, so that only a rule inside was broken? */
function isNear(issues: readonly Issue[]): boolean {
  const isAlien = (issue: Issue) =>
    issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
  return issues.length > 0 && !issues.some(isAlien);
}

function readUnion(issue: IssueOf<'invalid_union'>, { root, path }: Context): readonly Remark[] {
  const value = valueAt(root, path);
  const place = { severity: 'error', path, at: 'value' } as const;
  if ('options' in issue && Array.isArray(issue.options))
    return [{ ...place, ...describeChoice(issue.options, value) }];
  if (value === undefined) return [{ ...place, ...MISSING }];
  const near = issue.errors.find(isNear);
  if (near !== undefined) return near.flatMap((inner) => readIssue(inner, { root, base: path }));
  const choices = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values : []));
  if (choices.length > 0 && typeof value === 'string') return [{ ...place, ...describeChoice(choices, value) }];
  return [{ ...place, code: 'wrong_type', message: issue.message }];
}

function readVersion(value: Json): Words | null {
  if (typeof value !== 'number' || value <= CONFIG_VERSION) return null;
  const message = `this file was made by a newer airlock: this one reads up to ${CONFIG_VERSION}`;
  return { code: 'newer_version', message };
}

type Context = { readonly root: Json; readonly path: KeyPath };

function describe(issue: Issue, { root, path }: Context): Words {
  const value = valueAt(root, path);
  if (issue.code === 'custom') {
    const finding: unknown = issue.params?.['finding'];
    return { code: isFindingCode(finding) ? finding : 'wrong_type', message: issue.message };
  }
  if (value === undefined) return MISSING;
  if (issue.code === 'invalid_type') return describeWrongType(issue.expected, value);
  if (issue.code === 'invalid_value') {
    return (path[0] === 'version' ? readVersion(value) : null) ?? describeChoice(issue.values, value);
  }
  if (issue.code === 'too_big' || issue.code === 'too_small') return describeRange(issue, value);
  return { code: 'wrong_type', message: issue.message };
}

/**
 * Put one refusal of the schema into findings.
 *
 * @param issue - From `safeParse`.
 * @param context - `root` is what was parsed; `base` is where the issue's own path begins.
 */
export function readIssue(issue: Issue, { root, base = [] }: { root: Json; base?: KeyPath }): readonly Remark[] {
  const path: KeyPath = [...base, ...issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))];
  if (issue.code === 'invalid_union') return readUnion(issue, { root, path });
  const atKey = { severity: 'error', at: 'key' } as const;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      return { ...atKey, code: 'unknown_key', path: [...path, key], message: 'no such key here' };
    });
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? 'is no valid name';
    return [{ ...atKey, code: 'wrong_type', path, message }];
  }
  return [{ severity: 'error', path, at: 'value', ...describe(issue, { root, path }) }];
}
