// The calls of the store that a large report passes, on the main thread: its text goes to a file before, and is read from it after.

import type { StoreReply } from './messages.ts';
import type { StoreArguments, StoreMethod, StoreResult } from './operations.ts';
import { FILE_DAMAGED } from './placed-end.ts';
import type { ReportFiles } from './report-files.ts';
import { withOwnAttachments } from './transfer.ts';
import type { Store } from './types.ts';

/** What {@link makeStoredReports} needs. */
export type StoredReportsDeps = {
  readonly files: ReportFiles;
  /** The store's thread. */
  readonly ask: <M extends StoreMethod>(method: M, args: StoreArguments[M]) => Promise<StoreReply>;
  /** The value of a reply, or its error thrown. */
  readonly unwrap: (method: StoreMethod, reply: StoreReply) => unknown;
};

/** The calls, and the end of those that have begun. */
export type StoredReports = Pick<Store, 'endSubmission' | 'claimDelivery' | 'getReport'> & {
  /** Resolves once no end is on its way to the thread. */
  readonly settled: () => Promise<void>;
};

/**
 * Make the calls.
 *
 * @param deps - Files of reports, and the store's thread.
 */
export function makeStoredReports({ files, ask, unwrap }: StoredReportsDeps): StoredReports {
  const running = new Set<Promise<void>>();
  const call = async <M extends StoreMethod>(method: M, args: StoreArguments[M]): Promise<StoreResult<M>> =>
    // Trust: the thread runs the operation of this very method.
    unwrap(method, await ask(method, args)) as StoreResult<M>;

  const endLarge: Store['endSubmission'] = async (submissionId, end) => {
    const placed = await files.place(end);
    const reply = await ask('endSubmission', [submissionId, withOwnAttachments(placed.end)]);
    // After `failed` nobody knows whether the rows are there: the next start deletes files that none names.
    await files.settle(placed, reply.kind === 'value' || reply.kind === 'failed');
    unwrap('endSubmission', reply);
  };

  return {
    endSubmission: (submissionId, end) => {
      // Order: nothing is awaited before the thread is asked, where there is no file to write.
      if (!files.isLarge(end)) return call('endSubmission', [submissionId, withOwnAttachments(end)]);
      const ending = endLarge(submissionId, end);
      // Its caller is told how it ended; closing waits for no more than the end.
      const tracked = ending.catch(() => undefined).finally(() => void running.delete(tracked));
      running.add(tracked);
      return ending;
    },
    claimDelivery: async (destination, options) => {
      for (;;) {
        const claim = await call('claimDelivery', [destination, options]);
        if (claim.kind === 'none') return claim;
        const { bodyFile, ...item } = claim.item;
        if (bodyFile === undefined) return claim;
        const body = await files.read({ file: bodyFile, sha256: item.sha256 }, () => Promise.resolve(true));
        if (body !== null) return { kind: 'claimed', item: { ...item, body } };
        await call('endDelivery', [item, { state: 'corrupt', error: FILE_DAMAGED }]);
      }
    },
    getReport: async (reportId, viewer) => {
      const found = await call('getReport', [reportId, viewer]);
      if (found?.stored === undefined) return found;
      const { stored, ...row } = found;
      // Race: the last delivery may end, and the file go, while it is read.
      const isNamed = async (): Promise<boolean> =>
        (await call('getReport', [reportId, viewer]))?.stored?.file === stored.file;
      return { ...row, body: await files.read(stored, isNamed) };
    },
    settled: async () => void (await Promise.all(running)),
  };
}
