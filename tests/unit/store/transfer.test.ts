import { describe, expect, it } from 'vitest';
import { toSubmissionId } from '../../../src/core/ids.ts';
import type { StoreRequest } from '../../../src/store/operations.ts';
import { attachedBytes, buffersOfRequest, buffersOfSettled, withOwnAttachments } from '../../../src/store/transfer.ts';
import type { ClaimedDelivery } from '../../../src/store/types.ts';
import { converted, ended, makeAttached, makeAttachment, makeInput, reportId } from '../../support/store.ts';

const submissionId = toSubmissionId('0198c2f0-0000-7000-8000-00000000000f');
const pool = new TextEncoder().encode('a pooled view');
const pooled = makeAttachment(pool.subarray(2, 8));
const end = converted(makeAttached(1, [pooled, makeAttachment('abc')]), makeAttached(2, [makeAttachment('d')]));

const delivery: ClaimedDelivery = {
  reportId: reportId(1),
  revision: 1,
  submissionId,
  destination: 'folder',
  body: '{}',
  attachments: [makeAttachment('abc')],
  bytes: 2,
  sha256: '',
  acceptedAtUnixMs: 0,
  attempts: 0,
  tries: 1,
};

describe('withOwnAttachments()', () => {
  it('copies bytes out of buffers that others use, and nothing else', () => {
    const own = withOwnAttachments(end);
    const [first] = own.state === 'converted' ? (own.reports[0]?.attachments ?? []) : [];

    expect(own).toEqual(end);
    expect(first?.bytes.buffer).not.toBe(pooled.bytes.buffer);
    expect(first?.bytes.buffer.byteLength).toBe(6);
  });

  it('leaves other ends as they are', () => {
    const skipped = ended({ state: 'skipped', reason: 'empty' });

    expect(withOwnAttachments(skipped)).toBe(skipped);
    expect(attachedBytes(skipped)).toBe(0);
  });
});

describe('attachedBytes()', () => {
  it('sums over all reports', () => {
    expect(attachedBytes(end)).toBe(10);
  });
});

describe('buffersOfRequest()', () => {
  it('gives away the attachments of an end, and of no other call anything', () => {
    const base = { id: 1, nowUnixMs: 0 };
    const requests: readonly StoreRequest[] = [
      { ...base, method: 'endSubmission', args: [submissionId, withOwnAttachments(end)] },
      { ...base, method: 'accept', args: [makeInput()] },
    ];

    expect(requests.map((request) => buffersOfRequest(request).map(({ byteLength }) => byteLength))).toEqual([
      [6, 3, 1],
      [],
    ]);
  });
});

describe('buffersOfSettled()', () => {
  const requests: readonly StoreRequest[] = [1, 2, 3].map((id) => ({
    id,
    nowUnixMs: 0,
    method: 'claimDelivery',
    args: ['folder', { isProbe: false }],
  }));

  it('gives away the attachments of what was claimed', () => {
    const answers = [
      { id: 1, reply: { kind: 'value' as const, value: { kind: 'claimed', item: delivery } } },
      { id: 2, reply: { kind: 'value' as const, value: { kind: 'none', nextDueInMs: null } } },
      { id: 3, reply: { kind: 'failed' as const, error: new Error('disk') } },
      { id: 4, reply: { kind: 'value' as const, value: undefined } },
    ];

    expect(buffersOfSettled(requests, { changes: [], answers }).map(({ byteLength }) => byteLength)).toEqual([3]);
  });
});
