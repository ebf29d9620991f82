import { describe, expect, it } from 'vitest';
import { type Answer, decide, type Opinion } from '../../../src/conversion/decide.ts';
import type { ConverterSettings } from '../../../src/conversion/registered.ts';
import { makeConverter } from '../../support/conversion-parts.ts';

const THRESHOLDS = { alarm: 0.5, reject: 0.2 };
const ABSENT: Answer = { kind: 'absent' };

const sure = (value: number): Answer => ({ kind: 'confidence', value });

type More = { readonly settings?: Partial<ConverterSettings>; readonly specificity?: number };

function opinion(name: string, answer: Answer, { settings = {}, specificity = 1 }: More = {}): Opinion {
  return { converter: makeConverter(name, { settings }), specificity, answer };
}

function decided(...opinions: readonly Opinion[]) {
  const decision = decide(opinions, THRESHOLDS);
  return decision.kind === 'chosen' ? { name: decision.opinion.converter.name, warning: decision.warning } : decision;
}

describe('decide()', () => {
  it('takes the surest, whatever its priority and its match say', () => {
    const modest = opinion('modest', sure(0.6), { settings: { priority: 1 }, specificity: 7 });

    expect(decided(modest, opinion('surer', sure(0.9)))).toEqual({ name: 'surer', warning: null });
  });

  it('counts a match without probe as 0.5', () => {
    const plain = opinion('plain', ABSENT);

    expect(decided(plain, opinion('probing', sure(0.56)))).toMatchObject({ name: 'probing' });
    expect(decided(plain, opinion('probing', sure(0.44)))).toMatchObject({ name: 'plain', warning: null });
  });

  it.each([
    [0.199, null],
    [0.2, 'warned'],
    [0.201, 'warned'],
    [0.499, 'warned'],
    [0.5, 'taken'],
    [0.501, 'taken'],
  ])('is at a confidence of %d: %s', (value, end) => {
    const outcome = decided(opinion('one', sure(value)), opinion('other', sure(0)));

    if (end === null) {
      expect(outcome).toMatchObject({
        kind: 'refused',
        because: 'unsure',
        reason: expect.stringContaining('"one" 0.2, "other" 0;'),
      });
    } else {
      const warning =
        end === 'taken' ? null : expect.stringMatching(/^"one" was chosen with a confidence of .*"other" 0/);
      expect(outcome).toEqual({ name: 'one', warning });
    }
  });

  it.each([
    [0.049, 'tie'],
    [0.05, 'tie'],
    [0.051, 'chosen'],
  ])('calls two that are %d apart a %s', (distance, end) => {
    const outcome = decided(opinion('one', sure(0.8)), opinion('two', sure(0.8 - distance)));

    if (end === 'chosen') expect(outcome).toEqual({ name: 'one', warning: null });
    else
      expect(outcome).toEqual({
        kind: 'refused',
        because: 'tie',
        reason: expect.stringMatching(/equally sure.*"one" 0\.8, "two" 0\.75; .*--converter NAME/),
      });
  });

  it('lets the smaller priority number win a tie', () => {
    const first = opinion('first', sure(0.78), { settings: { priority: 4 } });

    expect(decided(opinion('surer', sure(0.8)), first)).toEqual({ name: 'first', warning: null });
  });

  it('lets the more specific match win between converters without probe, and only there', () => {
    const [vague, exact] = [opinion('vague', ABSENT), opinion('exact', ABSENT, { specificity: 5 })];

    expect(decided(vague, exact)).toMatchObject({ name: 'exact' });
    expect(decided(vague, exact, opinion('probing', sure(0.5)))).toMatchObject({ because: 'tie' });
  });

  it('counts a probe that gave no answer as 0, and tells why', () => {
    const broken = opinion('broken', { kind: 'none', reason: 'it threw Error: no' });

    expect(decided(broken, opinion('fine', sure(0.3)))).toMatchObject({ name: 'fine' });
    expect(decided(broken)).toMatchObject({ reason: expect.stringContaining('it threw Error: no') });
  });

  it('gives one that was not asked no say', () => {
    const silent = opinion('silent', { kind: 'not_asked', reason: 'too late' }, { settings: { reject: 0 } });

    expect(decided(silent)).toMatchObject({
      because: 'unsure',
      reason: expect.stringContaining('not asked: too late'),
    });
  });

  it('holds each converter to its own thresholds where it has some', () => {
    const strict = opinion('strict', sure(0.7), { settings: { reject: 0.8, alarm: 0.9 } });
    const lenient = opinion('lenient', sure(0.1), { settings: { reject: 0.1, alarm: 0.1 } });

    expect(decided(strict, lenient)).toEqual({ name: 'lenient', warning: null });
    expect(decided(opinion('strict', sure(0.85), { settings: { alarm: 0.9 } }))).toMatchObject({
      warning: expect.stringContaining('threshold of 0.9'),
    });
  });
});
