import { describe, expect, it } from 'vitest';
import { canonicalReport, submitText, untilDelivery } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

describe('what is named twice in one call', () => {
  const shared = shareDaemon({ prepare: (home) => home.configure({}) });

  it('is changed and counted once, and the sums of the queue stay true', async () => {
    const { client } = shared;
    await client.call('queue/pause', {});
    const submissions: string[] = [];
    for (const n of [1, 2, 3]) submissions.push(await submitText(client, canonicalReport(`TWICE-${n}`)));
    const [first = '', second = '', third = ''] = submissions;
    const { reportId } = await untilDelivery(client, first, 'ready');
    for (const submissionId of submissions) await untilDelivery(client, submissionId, 'ready');
    const delivery = `${reportId}@folder`;

    const ends = [
      await client.call('queue/hold', { ids: [delivery, delivery] }),
      await client.call('queue/delete', { ids: [delivery, delivery], dryRun: true }),
      await client.call('queue/delete', { ids: [delivery, delivery] }),
      await client.call('submission/delete', { ids: [second, ...Array<string>(20).fill(second)] }),
      await client.call('submission/retry', { ids: [first, first] }),
    ];
    await untilDelivery(client, first, 'ready');

    expect(ends.map(({ count, skipped }) => [count, skipped])).toEqual(ends.map(() => [1, []]));
    const stats = await client.call('queue/stats', {});
    expect(stats).toMatchObject({ items: 2, deliveries: { ready: 2 } });
    await client.call('submission/delete', { ids: [first, third] });
    expect(await client.call('queue/stats', {})).toMatchObject({ items: 0, bytes: { submissions: 0, reports: 0 } });
  });
});
