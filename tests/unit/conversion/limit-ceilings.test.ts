import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { makeCeilings } from '../../../src/conversion/limit-ceilings.ts';

describe('makeCeilings()', () => {
  it('gives what the operator set for a converter, over the limits of all', () => {
    const config = configSchema.parse({
      sandbox: { limits: { steps: 7 } },
      converters: { settings: { large: { limits: { steps: 9 } } } },
    });

    const ceilingsOf = makeCeilings(config);

    expect([ceilingsOf('large')['steps'], ceilingsOf('other')['steps']]).toEqual([9, 7]);
    expect(ceilingsOf('large')['wall']).toBe(config.sandbox.limits.wall);
    expect(ceilingsOf('__proto__')['steps']).toBe(7);
  });
});
