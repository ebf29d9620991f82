// What the loops of this process have claimed and not ended: it stays theirs when the store's thread is started anew.

import type { StoreReply } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import { type InHand, toDeliveryKey } from './recover.ts';
import type { Claim, ClaimedDelivery, ClaimedSubmission } from './types.ts';

/** Follows claims and their ends. */
export type HandTracker = {
  readonly inHand: () => Omit<InHand, 'uploads'>;
  readonly follow: (request: StoreRequest, reply: StoreReply) => void;
};

/** Begin with nothing in hand. Bounded by what the loops of this process claim at a time. */
export function makeHandTracker(): HandTracker {
  const submissions = new Set<string>();
  const deliveries = new Set<string>();
  return {
    inHand: () => ({ submissions: [...submissions], deliveries: [...deliveries] }),
    follow: (request, reply) => {
      if (reply.kind !== 'value') return;
      if (request.method === 'claimSubmission') {
        // Trust: the thread answers with the type of its method.
        const claim = reply.value as Claim<ClaimedSubmission>;
        if (claim.kind === 'claimed') submissions.add(claim.item.submissionId);
      } else if (request.method === 'claimDelivery') {
        // Trust: as above.
        const claim = reply.value as Claim<ClaimedDelivery>;
        if (claim.kind === 'claimed') deliveries.add(toDeliveryKey(claim.item));
      } else if (request.method === 'endSubmission') submissions.delete(request.args[0]);
      else if (request.method === 'endDelivery') deliveries.delete(toDeliveryKey(request.args[0]));
    },
  };
}
