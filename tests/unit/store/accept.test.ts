import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import {
  acceptOne,
  convertOne,
  DELIVERED,
  claimOne,
  makeInput,
  makeReport,
  openTestEngine,
} from '../../support/store.ts';

describe('accept', () => {
  it('stores the file and answers with its hash and size', () => {
    using engine = openTestEngine();

    const outcome = engine.call('accept', makeInput({ text: 'abc' }));

    expect(outcome).toEqual({
      kind: 'accepted',
      submissionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      bytes: 3,
      duplicate: false,
    });
  });

  it.each([
    ['under', 2_999, 'accepted'],
    ['at', 3_000, 'accepted'],
    ['over', 3_001, 'too_large'],
  ])('counts the arguments with the file: one byte %s what may be kept', (_title, total, kind) => {
    using engine = openTestEngine({ maxBytes: 3_000 });
    const withArguments = { text: 'x'.repeat(1_000), arguments: { a: 'y'.repeat(total - 1_000 - '{"a":""}'.length) } };

    expect(engine.call('accept', makeInput(withArguments)).kind).toBe(kind);

    expect(engine.call('stats').bytes.submissions).toBe(kind === 'accepted' ? total : 0);
  });

  it('gives the first answer again for the same key and the same bytes, whatever name and converter say', () => {
    using engine = openTestEngine();
    const input = makeInput();
    const first = engine.call('accept', input);

    const second = engine.call('accept', { ...input, name: 'other.csv', converter: 'csv' });

    expect(second).toEqual({ ...first, duplicate: true });
    expect(engine.call('stats').items).toBe(1);
  });

  it('answers conflict for the same key with other bytes', () => {
    using engine = openTestEngine();
    const input = makeInput();
    const submissionId = acceptOne(engine, input);

    const second = engine.call('accept', { ...input, body: { kind: 'inline', bytes: Buffer.from('other') } });

    expect(second).toEqual({ kind: 'conflict', submissionId });
  });

  it('knows keys per key id', () => {
    using engine = openTestEngine();
    const input = makeInput();
    acceptOne(engine, input);

    const other = engine.call('accept', { ...input, kid: toKeyId('other') });

    expect(other).toMatchObject({ kind: 'accepted', duplicate: false });
  });

  it('lets the second of two equal calls in one group wait for the first', () => {
    using engine = openTestEngine();
    const input = makeInput();

    const [first, second] = engine.group(['accept', input], ['accept', input]);

    expect(first).toMatchObject({ kind: 'value', value: { kind: 'accepted', duplicate: false } });
    expect(second).toMatchObject({ kind: 'value', value: { kind: 'accepted', duplicate: true } });
  });

  it('remembers acknowledgements across a restart', () => {
    using engine = openTestEngine();
    const input = makeInput();
    const submissionId = acceptOne(engine, input);
    engine.reopen();

    expect(engine.call('accept', input)).toMatchObject({ kind: 'accepted', submissionId, duplicate: true });
  });

  it('does not remember refusals', () => {
    using engine = openTestEngine({ maxItems: 1 });
    const blocking = acceptOne(engine);
    const input = makeInput();
    const refused = engine.call('accept', input);
    engine.call('claimSubmission');
    engine.call('endSubmission', blocking, { state: 'skipped', reason: 'x', converter: null, log: [], warnings: [] });

    const again = engine.call('accept', input);

    expect(refused).toMatchObject({ kind: 'queue_full' });
    expect(again).toMatchObject({ kind: 'accepted', duplicate: false });
  });
});

describe('bound by count', () => {
  const fill = (count: number) => {
    const engine = openTestEngine({ maxItems: 3 });
    for (let n = 0; n < count; n += 1) acceptOne(engine);
    return engine;
  };

  it('takes in one more at limit - 1', () => {
    using engine = fill(2);

    expect(engine.call('accept', makeInput())).toMatchObject({ kind: 'accepted' });
  });

  it('refuses at the limit, says when to come back, and counts the refusal', () => {
    using engine = fill(3);

    const outcome = engine.call('accept', makeInput());

    expect(outcome).toEqual({ kind: 'queue_full', reason: 'count', retryAfterMs: expect.any(Number) });
    expect(outcome).toHaveProperty(
      'retryAfterMs',
      expect.toSatisfy((ms: number) => ms > 0),
    );
    expect(engine.call('stats').refusals).toEqual({ count: 1 });
  });

  it('keeps refusing above the limit, where the reports of one file went past it', () => {
    using engine = openTestEngine({ maxItems: 3 });
    convertOne(
      engine,
      [1, 2, 3, 4].map((n) => makeReport(n)),
    );

    expect(engine.call('stats').items).toBe(4);
    expect(engine.call('accept', makeInput())).toMatchObject({ kind: 'queue_full', reason: 'count' });
  });

  it('never takes in one more than the limit, also with 64 at once in one group', () => {
    using engine = openTestEngine({ maxItems: 10 });

    const replies = engine.group(...Array.from({ length: 64 }, () => ['accept', makeInput()] as const));

    const kinds = replies.map((reply) => reply.kind === 'value' && (reply.value as { kind: string }).kind);
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(10);
    expect(kinds.filter((kind) => kind === 'queue_full')).toHaveLength(54);
    expect(engine.call('stats')).toMatchObject({ items: 10, submissions: { received: 10 } });
  });

  it('has no end at 0', () => {
    using engine = openTestEngine({ maxItems: 0 });
    engine.group(...Array.from({ length: 100 }, () => ['accept', makeInput()] as const));

    expect(engine.call('stats').items).toBe(100);
  });

  it('answers a known key also when the queue is full', () => {
    using engine = openTestEngine({ maxItems: 1 });
    const input = makeInput();
    acceptOne(engine, input);

    expect(engine.call('accept', input)).toMatchObject({ kind: 'accepted', duplicate: true });
  });

  it('counts a submission as one, then its reports until they are delivered, dead and held ones too', () => {
    using engine = openTestEngine();
    const counts: number[] = [];
    const count = () => void counts.push(engine.call('stats').items);
    convertOne(engine, [makeReport(1), makeReport(2), makeReport(3), makeReport(4, { destinations: [] })]);
    count();
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    count();
    engine.call('endDelivery', claimOne(engine), { state: 'dead', reason: 'refused', error: 'no', answer: null });
    engine.call('endDelivery', claimOne(engine), { state: 'held', error: 'wrong url', answer: null });
    count();
    engine.reopen();
    count();

    expect(counts).toEqual([3, 2, 2, 2]);
  });
});
