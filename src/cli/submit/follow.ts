// Follows submissions to their end: one subscription, and a look at those that seem to have come to one; never a poll.

import type { Client } from '../../client/connect.ts';
import type { AirlockEvent } from '../../client/event-items.ts';
import { isDeliveryOpen, isSubmissionOpen } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { submissionGet } from '../../protocol/methods/submission-get.ts';
import { lookOnChange } from '../look-on-change.ts';
import { endOf } from './result.ts';

type Submission = ResultOf<typeof submissionGet>;

/** A change of one submission. */
export type FollowedChange = { readonly name: string; readonly state: string };

/** Submissions as they were seen last, by id. */
export type NewestSubmissions = Map<string, Submission>;

/** How to wait. */
export type FollowOptions = {
  /** Ends the wait early, without an error. */
  readonly signal: AbortSignal;
  /** Is told each new state. */
  readonly onChange?: (change: FollowedChange) => void;
  /** Filled with what is seen, as it is seen. */
  readonly newest: NewestSubmissions;
};

/** Follows what it is told to watch. Dispose to end the subscription. */
export type Follower = AsyncDisposable & {
  /**
   * Wait until every one of these has come to an end, or the signal aborts.
   *
   * @param submissionIds - Any that this key may see.
   * @param options - See {@link FollowOptions}.
   */
  readonly wait: (submissionIds: readonly string[], options: FollowOptions) => Promise<void>;
};

const IDS_PER_CALL = 100;

/** Which of the submissions are worth a look: those whose last deliveries have come to an end, as far as events tell. */
function makeSuspicion(submissionIds: readonly string[]) {
  const open = new Set(submissionIds);
  const suspects = new Set(submissionIds);
  const openDeliveries = new Map<string, Set<string>>();

  function noticeReport({ submissionId, reportId, destination, state }: ReportData): boolean {
    const deliveries = openDeliveries.get(submissionId) ?? new Set<string>();
    openDeliveries.set(submissionId, deliveries);
    const delivery = `${reportId}@${destination}`;
    if (isDeliveryOpen(state)) deliveries.add(delivery);
    else deliveries.delete(delivery);
    return deliveries.size === 0;
  }

  function renew(): void {
    for (const id of open) suspects.add(id);
  }

  /** @returns Is one of them worth a look? */
  function notice(event: AirlockEvent): boolean {
    if (event.topic !== 'submission' && event.topic !== 'report') {
      renew();
      return open.size > 0;
    }
    const { submissionId } = event.data;
    if (!open.has(submissionId)) return false;
    const mayBeOver = event.topic === 'report' ? noticeReport(event.data) : !isSubmissionOpen(event.data.state);
    if (mayBeOver) suspects.add(submissionId);
    else suspects.delete(submissionId);
    return mayBeOver;
  }

  return {
    notice,
    /** Those to look at now; they are suspected no longer. */
    take: (): readonly string[] => {
      const taken = [...suspects];
      suspects.clear();
      return taken;
    },
    /** Suspect all that have not ended. */
    renew,
    ended: (submissionId: string) => void open.delete(submissionId),
    isOver: () => open.size === 0,
  };
}

type ReportData = Extract<AirlockEvent, { topic: 'report' }>['data'];

async function getAll(client: Pick<Client, 'call'>, ids: readonly string[]): Promise<readonly Submission[]> {
  const found: Submission[] = [];
  for (let start = 0; start < ids.length; start += IDS_PER_CALL) {
    const submissionIds = ids.slice(start, start + IDS_PER_CALL);
    found.push(...(await client.call('submission/getMany', { submissionIds })).items);
  }
  return found;
}

/** What nobody knows any more comes to no other end. */
function toDeleted(last: Submission): Submission {
  return { ...last, state: 'failed', failure: { code: 'not_found', message: 'it was deleted' } };
}

/**
 * Subscribe.
 *
 * @param client - A connection with `submit` or `read`.
 */
export async function openFollower(client: Pick<Client, 'call' | 'subscribe'>): Promise<Follower> {
  const subscription = await client.subscribe(['submission', 'report']);
  return {
    wait: async (submissionIds, { signal, onChange, newest }) => {
      const suspicion = makeSuspicion(submissionIds);
      const look = async (): Promise<boolean> => {
        const taken = suspicion.take();
        const found = await getAll(client, taken);
        for (const submission of found) {
          newest.set(submission.submissionId, submission);
          if (endOf(submission) !== 'open') suspicion.ended(submission.submissionId);
        }
        for (const id of taken) {
          if (found.some(({ submissionId }) => submissionId === id)) continue;
          suspicion.ended(id);
          const last = newest.get(id);
          if (last !== undefined) newest.set(id, toDeleted(last));
        }
        return suspicion.isOver();
      };
      const notice = (event: AirlockEvent): boolean => {
        if (event.topic === 'submission' && newest.has(event.data.submissionId)) onChange?.(event.data);
        return suspicion.notice(event);
      };
      const stop = (): void => void subscription[Symbol.asyncDispose]();
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      try {
        // Order: the subscription was opened before the first look, so every later change arrives here.
        if (submissionIds.length > 0 && !(await lookOnChange(subscription, { notice, look }))) {
          suspicion.renew();
          await look();
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    [Symbol.asyncDispose]: () => subscription[Symbol.asyncDispose](),
  };
}
