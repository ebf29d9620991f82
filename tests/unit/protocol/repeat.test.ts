import { describe, expect, it } from 'vitest';
import { METHODS } from '../../../src/protocol/registry.ts';
import { repeatOf } from '../../../src/protocol/repeat.ts';

/** Verbs that change something, or that belong to one connection. A verb of neither table has to be put into one of them. */
const WRITING_VERBS = [
  'submit',
  'retry',
  'hold',
  'release',
  'delete',
  'compact',
  'pause',
  'resume',
  'drain',
  'export',
  'import',
  'enable',
  'disable',
  'approve',
  'revoke',
  'reload',
  'set',
  'create',
  'rotate',
  'subscribe',
  'unsubscribe',
  'rescan',
  'resend',
  'setLevel',
  'shutdown',
  'restart',
];

describe('repeatOf()', () => {
  it('takes what only reads for safe, what carries an idempotency key for keyed, and nothing else for either', () => {
    const found = Object.values(METHODS).map((spec) => [spec.name, repeatOf(spec)] as const);
    const named = (repeat: string): readonly string[] =>
      found.filter(([, one]) => one === repeat).map(([name]) => name);

    expect(named('safe')).toEqual(
      expect.arrayContaining(['ping', 'status/get', 'report/convert', 'rpc/describe', 'queue/list']),
    );
    expect(named('keyed')).toContain('report/submit');
    expect(named('never')).toEqual(
      expect.arrayContaining(['events/subscribe', 'events/unsubscribe', 'admin/shutdown']),
    );
  });

  it('knows the verb of every method', () => {
    const unknown = Object.values(METHODS).filter(
      (spec) => repeatOf(spec) !== 'safe' && !WRITING_VERBS.includes(spec.name.split('/').at(-1) ?? ''),
    );

    expect(unknown).toEqual([]);
  });
});
