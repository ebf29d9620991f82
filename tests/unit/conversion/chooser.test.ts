import { describe, expect, it } from 'vitest';
import { makeChooser } from '../../../src/conversion/chooser.ts';
import type { RegisteredConverter } from '../../../src/conversion/registered.ts';
import type { ProbeJob, ProbeOutcome, WallState } from '../../../src/sandbox/job.ts';
import {
  type ConverterOptions,
  DEFAULT_CONFIG,
  type FakeClock,
  makeConverter,
  makeFakeClock,
  makePool,
} from '../../support/conversion-parts.ts';

const neverAborted = new AbortController().signal;
const csv = { match: { extensions: ['.csv'] } } satisfies ConverterOptions;
const ALL_WALLS: readonly WallState[] = ['network', 'files'].map((name) => ({ name, active: true, detail: '' }));

type Rig = {
  readonly converters: readonly RegisteredConverter[];
  readonly answer?: (name: string, clock: FakeClock) => ProbeOutcome;
  readonly walls?: readonly WallState[];
};

function start({ converters, answer = () => ({ kind: 'absent' }), walls = ALL_WALLS }: Rig) {
  const asked: ProbeJob[] = [];
  const clock = makeFakeClock();
  const pool = makePool(
    () => expect.unreachable(),
    walls,
    (job) => {
      asked.push(job);
      return answer(job.converter.name, clock);
    },
  );
  const chooser = makeChooser({ registry: { list: () => converters }, pool, clock }, DEFAULT_CONFIG);
  const choose = async (wanted: string | null = null) => {
    const input = { name: 'a.csv', size: 100_000, head: Buffer.from('a;b'), wanted };
    const { choice, opinions, pending } = await chooser.choose(input, { signal: neverAborted });
    return {
      choice: choice.kind === 'converter' ? choice.converter.name : choice,
      warning: choice.kind === 'converter' ? choice.warning : null,
      opinions: opinions.map(({ converter, answer: said }) => `${converter.name} ${said.kind}`),
      pending: pending.map(({ converter }) => converter.name),
    };
  };
  return { choose, asked: () => asked.map(({ converter }) => converter.name), jobs: asked };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    makeConverter(`c${index}`, { ...csv, settings: { priority: index + 1 } }),
  );

describe('makeChooser()', () => {
  it('asks nobody when a converter was named', async () => {
    const rig = start({ converters: many(2) });

    expect(await rig.choose('c1')).toMatchObject({ choice: 'c1', warning: null });
    expect(rig.asked()).toEqual([]);
  });

  it('shows each candidate the head of the file, and takes the surest', async () => {
    const answer = (name: string): ProbeOutcome => ({ kind: 'confidence', value: name === 'c1' ? 0.9 : 0.3 });
    const rig = start({ converters: many(2), answer });

    expect(await rig.choose()).toMatchObject({ choice: 'c1', opinions: ['c0 confidence', 'c1 confidence'] });
    expect(rig.jobs[0]).toMatchObject({
      head: { name: 'a.csv', size: 100_000, bytes: Buffer.from('a;b') },
      converter: { name: 'c0', entry: 'converter.ts' },
      limits: DEFAULT_CONFIG.sandbox.limits,
    });
  });

  it('asks a single match too, and refuses the file that it does not want', async () => {
    const rig = start({ converters: many(1), answer: () => ({ kind: 'confidence', value: 0.1 }) });

    expect(await rig.choose()).toMatchObject({
      choice: { kind: 'refused', candidates: ['c0'], reason: expect.stringContaining('"c0" 0.1') },
    });
  });

  it('takes one that is unsure with a warning', async () => {
    const rig = start({ converters: many(1), answer: () => ({ kind: 'confidence', value: 0.3 }) });

    expect(await rig.choose()).toMatchObject({ choice: 'c0', warning: expect.stringContaining('0.3') });
  });

  it('asks a converter without probe once', async () => {
    const rig = start({ converters: many(1) });

    await rig.choose();

    expect(await rig.choose()).toMatchObject({ choice: 'c0', opinions: ['c0 absent'] });
    expect(rig.asked()).toEqual(['c0']);
  });

  it.each([
    [7, 7],
    [8, 8],
    [9, 8],
  ])('asks of %i candidates the first %i', async (count, askedCount) => {
    const converters = many(count);
    const rig = start({ converters, answer: () => ({ kind: 'confidence', value: 0.6 }) });

    expect((await rig.choose()).opinions).toHaveLength(count);
    expect(rig.asked()).toEqual(converters.slice(0, askedCount).map(({ name }) => name));
  });

  /** All but those named run for 250 ms and come to nothing. However long each waited for a runner, it can have run no longer. */
  const loopsBut =
    (...sure: readonly string[]) =>
    (name: string, clock: FakeClock): ProbeOutcome => {
      if (sure.includes(name)) return { kind: 'confidence', value: 0.7 };
      clock.advance(60_000);
      return { kind: 'none', reason: 'it ran too long' };
    };

  it('asks nobody any more once somebody is sure and probes that came to nothing have taken a second', async () => {
    const rig = start({ converters: many(7), answer: loopsBut('c0') });

    expect((await rig.choose()).opinions).toEqual([
      'c0 confidence',
      'c1 none',
      'c2 none',
      'c3 none',
      'c4 none',
      'c5 not_asked',
      'c6 not_asked',
    ]);
  });

  it('asks on while nobody is sure: what other probes do rejects no file', async () => {
    const rig = start({ converters: many(7), answer: loopsBut('c6') });

    expect(await rig.choose()).toMatchObject({ choice: 'c6' });
  });

  it('asks bundled ones first, whatever their priority', async () => {
    const own = many(8).map((converter) => ({ ...converter, trust: 'own' as const }));
    const bundled = makeConverter('bundled', { ...csv, settings: { priority: 9 } });
    const rig = start({ converters: [...own, bundled], answer: loopsBut('bundled') });

    expect(await rig.choose()).toMatchObject({ choice: 'bundled' });
    expect(rig.asked()).toEqual(['bundled', 'c0', 'c1', 'c2', 'c3']);
  });

  it('asks those last whose probe came to nothing, until it answers again', async () => {
    let sure = ['c1', 'c2'];
    const rig = start({ converters: many(3), answer: (name, clock) => loopsBut(...sure)(name, clock) });

    await rig.choose();
    sure = ['c0', 'c1', 'c2'];
    await rig.choose();
    await rig.choose();

    expect(rig.asked()).toEqual(['c0', 'c1', 'c2', 'c1', 'c2', 'c0', 'c0', 'c1', 'c2']);
  });

  it('never asks what nobody has approved, and waits for its approval only where nobody else wants the file', async () => {
    const pending = makeConverter('mine', { ...csv, state: 'pending' });
    const [one] = many(1);
    const converters = one === undefined ? [] : [pending, one];
    const taken = start({ converters });
    const unwanted = start({ converters, answer: () => ({ kind: 'confidence', value: 0 }) });

    expect(await taken.choose()).toMatchObject({ choice: 'c0', pending: ['mine'] });
    expect(await unwanted.choose()).toMatchObject({ choice: { kind: 'waiting', reason: 'converter_pending' } });
    expect(await start({ converters: [pending] }).choose()).toMatchObject({ choice: { kind: 'waiting' } });
    expect([...taken.asked(), ...unwanted.asked()]).toEqual(['c0', 'c0']);
  });

  it('never runs a probe without the walls that are required, and lets the file wait for them where nobody else wants it', async () => {
    const own = makeConverter('own', { ...csv, trust: 'own' });
    const bundled = makeConverter('bundled', csv);
    const rig = start({ converters: [own, bundled], walls: [] });

    expect(await rig.choose()).toMatchObject({ choice: 'bundled', opinions: ['own not_asked', 'bundled absent'] });
    expect(await start({ converters: [own], walls: [] }).choose()).toMatchObject({ choice: 'own' });
    expect(rig.asked()).toEqual(['bundled']);
  });
});
