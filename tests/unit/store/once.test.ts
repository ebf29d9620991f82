import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { ANSWERS_PER_KID } from '../../../src/store/call-answers.ts';
import { makeOnce } from '../../../src/store/once.ts';
import { openTestEngine, type TestEngine } from '../../support/store.ts';

const kid = toKeyId('local');
const call = { kid, key: 'k', content: 'retry a' };

function open(engine: TestEngine) {
  const once = makeOnce({
    find: async (key) => engine.call('findCallAnswer', key),
    keep: async (answer) => engine.call('keepCallAnswer', answer),
  });
  let done = 0;
  const work = async () => ({ count: (done += 1) });
  return { once, work, done: () => done };
}

describe('makeOnce()', () => {
  it('does a call once for its key, also for two at once, and after a restart', async () => {
    using engine = openTestEngine();
    const { once, work } = open(engine);

    const both = await Promise.all([once(call, work), once(call, work)]);
    engine.reopen();
    const after = await once(call, work);

    expect([...both, after]).toEqual([{ count: 1 }, { count: 1 }, { count: 1 }]);
  });

  it('refuses other content under a key, and knows keys for each key id', async () => {
    using engine = openTestEngine();
    const { once, work } = open(engine);
    await once(call, work);

    await expect(once({ ...call, content: 'retry b' }, work)).rejects.toMatchObject({ code: 'conflict' });
    expect(await once({ ...call, kid: toKeyId('other') }, work)).toEqual({ count: 2 });
  });

  it('leaves the key free after a failure', async () => {
    using engine = openTestEngine();
    const { once, work } = open(engine);

    await expect(once(call, () => Promise.reject(new Error('no')))).rejects.toThrow('no');

    expect(await once(call, work)).toEqual({ count: 1 });
  });

  it('keeps so many answers of a key id, the newest', () => {
    using engine = openTestEngine();
    const calls = Array.from({ length: ANSWERS_PER_KID + 1 }, (_none, n) => {
      const answer = { kid, key: String(n), callSha256: '', answer: '{}' };
      return ['keepCallAnswer', answer] as const;
    });
    engine.group(...calls);

    const known = (n: number) => engine.call('findCallAnswer', { kid, key: String(n) }) !== null;
    expect([known(0), known(1), known(ANSWERS_PER_KID)]).toEqual([false, true, true]);
  });

  it('forgets answers with the keys of submissions', () => {
    using engine = openTestEngine();
    engine.call('keepCallAnswer', { kid, key: 'k', callSha256: '', answer: '{}' });
    engine.nowUnixMs += 86_400_000;

    engine.call('claimSubmission');

    expect(engine.call('findCallAnswer', { kid, key: 'k' })).toBeNull();
  });
});
