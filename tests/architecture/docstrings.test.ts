import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../../src/core/errors.ts';
import { readSources } from './sources.ts';

const EXPORT = /^export (?:declare )?(?:async )?(?:const|function\*?|class|type|let)\s+(\w+)/;

function undocumented(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const match = EXPORT.exec(line);
    if (match === null) return [];
    const before = lines[index - 1]?.trim() ?? '';
    // An overload or a second export of one doc block follows another export of the same name.
    const isOverload = new RegExp(`^export (?:async )?function ${match[1]}\\b`).test(before);
    return before.endsWith('*/') || isOverload ? [] : [match[1] ?? ''];
  });
}

describe('docstrings', () => {
  const sources = readSources();

  it('stand above every export', () => {
    const missing = sources.flatMap(({ file, text }) => undocumented(text).map((name) => `${file}: ${name}`));

    expect(missing).toEqual([]);
  });

  it('are missed when they are planted away', () => {
    expect(undocumented('export const a = 1;\n')).toEqual(['a']);
    expect(undocumented('/** A. */\nexport const a = 1;\n')).toEqual([]);
  });

  it('name only error codes of the table behind @throws {AirlockError}', () => {
    const unknown = sources.flatMap(({ file, text }) =>
      [...text.matchAll(/@throws \{AirlockError\} ([a-z_]+)/g)]
        .map((match) => match[1] ?? '')
        .filter((code) => !Object.hasOwn(ERROR_CODES, code))
        .map((code) => `${file}: ${code}`),
    );

    expect(unknown).toEqual([]);
  });

  it('begin every file with one sentence on what it owns', () => {
    const missing = sources.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text)).map(({ file }) => file);

    expect(missing).toEqual([]);
  });
});
