import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { handleReportResend } from '../../../src/handlers/report-resend.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';
import type { ResendOutcome } from '../../../src/store/queue-types.ts';

const none = { file_gone: 0, queue_full: 0, wrong_state: 0 };
const folder = { name: 'folder', type: 'directory', state: 'up', reason: null, since: null, nextTryAt: null } as const;

describe('handleReportResend()', () => {
  it('adds batches up, and counts a file once that two of them name', async () => {
    const batches: ResendOutcome[] = [
      { count: 2, sources: [7, 8], skipped: { ...none, file_gone: 1 }, next: 100 },
      { count: 1, sources: [8], skipped: { ...none, file_gone: 2 }, next: null },
    ];
    const deps = {
      store: { resendReports: async () => batches.shift() ?? Promise.reject(new Error('no more')) },
      sources: { destinations: async () => [folder] },
    };
    // All that the handler looks at.
    const context = { signal: new AbortController().signal, log: silentLogger } as CallContext;
    const params = { destination: 'folder', since: '2026-01-01T00:00:00Z', dryRun: true };

    const result = await handleReportResend(deps, params, context);

    expect(result).toEqual({ count: 3, converting: 2, dryRun: true, skipped: { ...none, file_gone: 3 } });
  });
});
