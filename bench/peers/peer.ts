// What another way of calling has to offer to be measured beside airlock.

/** One open connection. */
export type PeerClient = Disposable & {
  /** A call without params. */
  readonly ping: () => Promise<unknown>;
  /** A call that gives back its text. */
  readonly echo: (text: string) => Promise<unknown>;
};

/** Both ends of a way of calling, each in a process of its own. */
export type Peer = {
  /** Resolves once it listens. */
  readonly serve: (path: string) => Promise<void>;
  readonly connect: (path: string) => Promise<PeerClient>;
};
