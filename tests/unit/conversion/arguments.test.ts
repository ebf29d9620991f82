import { describe, expect, it } from 'vitest';
import { resolveArguments } from '../../../src/conversion/arguments.ts';
import { manifestSchema } from '../../../src/gate/manifest.ts';

const specs = manifestSchema.parse({
  name: 'a',
  version: '1.0.0',
  arguments: {
    operator: { type: 'string', default: 'nobody' },
    process: { type: 'integer' },
    wait: { type: 'duration', default: '30 s' },
    side: { type: 'enum', values: ['top', 'bottom'] },
  },
}).arguments;

describe('resolveArguments()', () => {
  it('fills in defaults and leaves out what has no value', () => {
    expect(resolveArguments(specs, [])).toEqual({ kind: 'ok', values: { operator: 'nobody', wait: 30_000 } });
  });

  it('lets a later layer win', () => {
    const outcome = resolveArguments(specs, [{ operator: 'a', process: 1 }, { operator: 'b' }]);

    expect(outcome).toEqual({ kind: 'ok', values: { operator: 'b', process: 1, wait: 30_000 } });
  });

  it.each([
    [{ process: 'ten' }, 'process', 'argument "process" (integer) must be a whole number'],
    [{ side: 'left' }, 'side', 'argument "side" (enum) must be one of "top", "bottom"'],
    [
      { oprator: 'x' },
      'oprator',
      'argument "oprator" is unknown to the converter: it has "operator", "process", "wait", "side"',
    ],
    [JSON.parse('{"__proto__": {"process": 1}}'), '__proto__', expect.stringContaining('unknown')],
    [{ toString: 'x' }, 'toString', expect.stringContaining('unknown')],
  ])('refuses %j and names argument and type', (given, argument, reason) => {
    expect(resolveArguments(specs, [given])).toEqual({ kind: 'wrong', argument, reason });
  });

  it('says when a converter has no arguments', () => {
    expect(resolveArguments({}, [{ a: 1 }])).toMatchObject({ reason: expect.stringContaining('it has none') });
  });
});
