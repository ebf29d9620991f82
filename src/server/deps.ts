// What the daemon's end of the wire needs from the other rooms, and the limits it lives by.

import type { IpcConfig } from '../config/schema/ipc.ts';
import type { Clock } from '../core/clock.ts';
import type { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RandomBytes } from '../link/handshake.ts';
import type { KeyRing } from '../link/keys.ts';
import type { OpenEndpoint } from '../link/listen-endpoint.ts';
import type { ListenOptions } from '../link/wire.ts';
import type { BoundMethods } from '../protocol/handler.ts';
import type { EventHub } from './event-hub.ts';
import type { HeldBytes } from './held-bytes.ts';
import type { RateLimiter } from './rate.ts';
import type { ServerEvents } from './server-events.ts';

/** What the composition root hands to the server. */
export type ServerDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  /** Open the endpoint: link/listen-endpoint.ts over the transport of the configuration. The server owns what it returns. */
  readonly open: (options: ListenOptions) => Promise<OpenEndpoint>;
  /** The same text as in the discovery file: it is part of every proof. */
  readonly endpoint: string;
  readonly instance: string;
  readonly keys: KeyRing;
  readonly methods: BoundMethods;
  readonly events: ServerEvents;
  readonly random: RandomBytes;
  readonly bootId: string;
  readonly version: string;
  /** Largest report, in bytes; told to clients. */
  readonly reportLimitBytes: number;
};

/** What one connection needs: the server's deps, and what all connections share. */
export type ConnectionDeps = Omit<ServerDeps, 'open' | 'events'> & {
  readonly hub: EventHub;
  readonly config: IpcConfig;
  /** Milliseconds that the answer to a failed proof has to wait; takes a token of the daemon's one bucket. */
  readonly chargeFailedProof: () => number;
  readonly rate: RateLimiter;
  /** Memory for results that wait to be fetched. */
  readonly heldBytes: HeldBytes;
  /** Null while calls are welcome; while stopping, what new calls are told. */
  readonly refusal: () => AirlockError | null;
};

/**
 * How long a peer may take to read what was said to it last, before its socket is cut. Milliseconds.
 *
 * Source: own choice; a live reader on this machine needs far less than one.
 */
export const FLUSH_MS = 2000;
