import { describe, expect, it } from 'vitest';
import { readSources } from './sources.ts';

const IGNORED = /catch \{|\.catch\(\(\) =>/;
const LEFTOVER = /\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))/;

/** Line numbers of errors that are ignored with no comment beside them: the line before, the same, or one of the next two. */
function unexplained(text: string): readonly number[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const isExplained = lines.slice(Math.max(0, index - 1), index + 3).some((near) => /(?:^|\s)\/\//.test(near));
    return IGNORED.test(line) && !isExplained ? [index + 1] : [];
  });
}

describe('comments', () => {
  const sources = readSources();

  it('say why, wherever an error is ignored', () => {
    const missing = sources.flatMap(({ file, text }) => unexplained(text).map((line) => `${file}:${line}`));

    expect(missing).toEqual([]);
    expect(unexplained('try {\n  a();\n} catch {\n  return null;\n}\n')).toEqual([3]);
    expect(unexplained('a();\nawait b().catch(() => undefined);\n')).toEqual([2]);
    expect(unexplained('// The reader is gone.\nawait b().catch(() => undefined);\n')).toEqual([]);
  });

  it('leave nothing to be done without the number of its issue', () => {
    expect(sources.filter(({ text }) => LEFTOVER.test(text)).map(({ file }) => file)).toEqual([]);
    expect(['// TODO: later', '// TODO(#12): later'].map((line) => LEFTOVER.test(line))).toEqual([true, false]);
  });
});
