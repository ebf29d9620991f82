import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { makeStopRequests } from '../../../src/daemon/stop-request.ts';

const STOP = { reason: 'admin/shutdown', graceMs: 1_000 };
const RESTART = { reason: 'admin/restart', graceMs: 2_000, isRestart: true } as const;

describe('makeStopRequests()', () => {
  it.each([
    ['nothing', [], false, false],
    ['a stop', [STOP], true, false],
    ['a restart', [RESTART], true, true],
    ['a restart asked for twice', [RESTART, RESTART], true, true],
    ['a stop asked for in a restart', [RESTART, STOP], true, false],
    ['a restart asked for in a stop', [STOP, RESTART], true, false],
    ['a restart asked for after its end was', [RESTART, STOP, RESTART], true, false],
  ] as const)('after %s knows whether to begin anew', (_, requests, isAsked, isRestart) => {
    const stops = makeStopRequests(silentLogger);

    for (const request of requests) stops.ask(request);

    expect([stops.isAsked(), stops.isRestart()]).toEqual([isAsked, isRestart]);
  });

  it('goes by the first for why and how long', async () => {
    const stops = makeStopRequests(silentLogger);

    stops.ask(RESTART);
    stops.ask(STOP);

    expect(await stops.asked).toEqual(RESTART);
  });
});
