import { describe, expect, it } from 'vitest';
import { HEAD_BYTES, readHead } from '../../../src/conversion/head.ts';
import { matchesPattern, matchFile } from '../../../src/conversion/match.ts';
import { manifestSchema } from '../../../src/gate/manifest.ts';

function match(file: { name?: string; size?: number; text?: string }, rules: object) {
  const manifest = manifestSchema.parse({ name: 'a', version: '1.0.0', match: rules });
  const { name = 'Report.CSV', size = 10, text = '#Station;x' } = file;
  return matchFile({ name, size, head: readHead(Buffer.from(text)) }, manifest.match);
}

describe('matchesPattern()', () => {
  it.each([
    ['report.csv', 'report.csv', true],
    ['Report.CSV', 'rEPORT.csv', true],
    ['report.csv', '*', true],
    ['', '*', true],
    ['', '', true],
    ['a', '', false],
    ['report.csv', '*.csv', true],
    ['report.csv.bak', '*.csv', false],
    ['ict_17_final.log', 'ict_*_*.log', true],
    ['ict_17.log', 'ict_*_*.log', false],
    ['aab', '*ab', true],
    ['abab', '*ab', true],
    ['ab', 'a*b', true],
    ['abc', 'a*b', false],
    ['a.b', 'a?b', false],
    ['a*b', 'a**b', true],
  ])('says of %j and %j: %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });

  it('stays fast on a pattern made to backtrack', () => {
    const started = performance.now();

    matchesPattern('a'.repeat(255), `${'*a'.repeat(4)}${'a'.repeat(100)}b`);

    // Backtracking would take hours; a busy machine takes its share, too.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('matchFile()', () => {
  it.each([
    [{ extensions: ['.csv'] }, 1],
    [{ extensions: ['.xml', '.CSV'] }, 1],
    [{ names: ['report*'] }, 2],
    [{ headContains: ['#Station'] }, 4],
    [{ extensions: ['.csv'], headContains: ['nothing', '#Station'] }, 5],
    [{ extensions: ['.csv'], names: ['report*'], headContains: ['#Station'] }, 7],
    [{ extensions: ['.xml'], names: ['report*'] }, 2],
    [{ extensions: ['.csv'], maxBytes: '10 B' }, 1],
  ])('matches by %j', (rules, specificity) => {
    expect(match({}, rules)).toEqual({ kind: 'match', specificity });
  });

  it.each([
    [{}],
    [{ extensions: ['.xml'] }],
    [{ names: ['other*'] }],
    [{ headContains: ['nothing'] }],
    [{ extensions: ['.csv'], headContains: ['nothing'] }],
    [{ extensions: ['.xml'], headContains: ['#Station'] }],
    [{ extensions: ['.csv'], maxBytes: '9 B' }],
  ])('does not match by %j', (rules) => {
    expect(match({}, rules)).toEqual({ kind: 'none' });
  });

  it('finds text in UTF-16, in Latin-1, and behind a byte-order mark', () => {
    const rules = { headContains: ['Prüfung'] };
    const files = [
      Buffer.from(`\ufeffPrüfung`, 'utf16le'),
      Buffer.from('Prüfung', 'latin1'),
      Buffer.from('\ufeffPrüfung', 'utf8'),
    ];
    const manifest = manifestSchema.parse({ name: 'a', version: '1.0.0', match: rules });

    const kinds = files.map((bytes) => matchFile({ name: 'a', size: 1, head: readHead(bytes) }, manifest.match).kind);

    expect(kinds).toEqual(['match', 'match', 'match']);
  });

  it.each([
    [HEAD_BYTES - 1, 'match'],
    [HEAD_BYTES, 'match'],
    [HEAD_BYTES + 1, 'none'],
  ])('looks for text that ends at byte %i', (end, kind) => {
    expect(match({ text: '#Station'.padStart(end, ' ') }, { headContains: ['#Station'] }).kind).toBe(kind);
  });
});
