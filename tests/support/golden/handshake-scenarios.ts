// The way in, and the ways not to get in.

import type { Scenario } from './play.ts';
import { authenticate, call, closed, hear, HELLO, login, metaOf, note } from './scenario-words.ts';

/** Handshakes. */
export const HANDSHAKES: readonly Scenario[] = [
  {
    meta: metaOf('handshake', 'hello, authenticate with streams and a capability nobody knows, ping'),
    steps: [...login(['streams', 'golden/unknown']), call(3, 'ping', {}), hear()],
  },
  {
    meta: metaOf('refused-call-before-hello', 'any call before hello: not_initialized, then closed'),
    steps: [call(1, 'ping', {}), hear(), closed],
  },
  {
    meta: metaOf(
      'refused-call-before-authenticate',
      'any call but authenticate after hello: unauthenticated, then closed',
    ),
    steps: [call(1, 'hello', HELLO), hear(), call(2, 'ping', {}), hear(), closed],
  },
  {
    meta: metaOf('refused-version', 'no common version: unsupported_protocol with what is supported, then closed'),
    steps: [call(1, 'hello', { ...HELLO, protocol: { min: 2, max: 3 } }), hear(), closed],
  },
  {
    meta: metaOf('newer-client', 'a client that also speaks later versions gets 1'),
    steps: [call(1, 'hello', { ...HELLO, protocol: { min: 1, max: 9 } }), hear(), authenticate(['streams']), hear()],
  },
  {
    meta: metaOf('refused-proof', 'a wrong proof: unauthenticated, then closed'),
    steps: [
      call(1, 'hello', HELLO),
      hear(),
      authenticate(['streams'], (proof) => (proof.startsWith('A') ? 'B' : 'A') + proof.slice(1)),
      hear(),
      closed,
    ],
  },
  {
    meta: metaOf('refused-unknown-key', 'a key id that does not exist: the same answers, and a proof that no key fits'),
    steps: [call(1, 'hello', { ...HELLO, kid: 'nobody' }), hear(), authenticate(['streams']), hear(), closed],
  },
  {
    meta: metaOf('closed-second-hello', 'a second hello: closed without an answer'),
    steps: [call(1, 'hello', HELLO), hear(), call(2, 'hello', HELLO), closed],
  },
  {
    meta: metaOf(
      'closed-notification-before-authenticate',
      'a notification before authentication: closed without an answer',
    ),
    steps: [note('$/cancelRequest', { id: 1 }), closed],
  },
];
