import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../../src/cli/program.ts';

const quiet = { writeOut: () => undefined };

function usageOf(...argv: string[]): string {
  try {
    parseCommandLine(argv, quiet);
  } catch (error) {
    expect(error).toMatchObject({ code: 'usage', exitCode: 64 });
    return error instanceof Error ? error.message : '';
  }
  throw new Error('nothing was thrown');
}

describe('parseCommandLine()', () => {
  it('refuses an unknown command with a suggestion', () => {
    expect(usageOf('statsu')).toContain('Did you mean status?');
  });

  it('refuses an unknown option with a suggestion', () => {
    expect(usageOf('submit', 'a', '--wiat')).toContain('Did you mean --wait?');
  });

  it('refuses a missing argument, a bad duration, a bad priority and a bad key', () => {
    expect(usageOf('submit')).toContain('missing required argument');
    expect(usageOf('submit', 'a', '--timeout', '30')).toContain('Write a duration');
    expect(usageOf('submit', 'a', '--priority', '0')).toContain('from 1 (first) to 10');
    expect(usageOf('submit', 'a', '--priority', '11')).toContain('from 1 (first) to 10');
    expect(usageOf('submit', 'a', '--idempotency-key', 'x')).toContain('lower-case UUID');
    expect(usageOf('submit', 'a', '--arg', 'x')).toContain('name=value');
  });

  it('refuses a group without its command, and an unknown command of a group with a suggestion', () => {
    expect(usageOf()).toContain('a command is missing');
    expect(usageOf('submission')).toContain('a command is missing');
    expect(usageOf('submission', 'lst')).toContain('Did you mean list?');
  });

  it('refuses a page of 0 and of 501 rows, a state that is none, and an id that is no UUID', () => {
    expect(usageOf('submission', 'list', '--limit', '0')).toContain('from 1 to 500');
    expect(usageOf('submission', 'list', '--limit', '501')).toContain('from 1 to 500');
    expect(parseCommandLine(['submission', 'list', '--limit', '500'], quiet)).not.toBeNull();
    expect(usageOf('report', 'list', '--state', 'great')).toContain('Allowed choices');
    expect(usageOf('report', 'show', 'x')).toContain('lower-case UUID');
  });

  it('takes global options before and after the command', () => {
    expect(parseCommandLine(['--json', 'status', '--home', '/tmp/x'], quiet)?.options).toEqual({
      json: true,
      home: '/tmp/x',
    });
    expect(parseCommandLine(['status', '--json', '--instance', 'b'], quiet)?.options).toEqual({
      json: true,
      instance: 'b',
    });
  });

  it('answers null when help was all that was asked for', () => {
    const written: string[] = [];

    expect(parseCommandLine(['--help'], { writeOut: (text) => written.push(text) })).toBeNull();
    expect(written.join('')).toContain('Exit codes: 0 ok');
  });
});
