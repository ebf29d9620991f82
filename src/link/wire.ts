// What a transport gives to both ends: one byte pipe to one peer. Adapters: transport.ts.

/** One connected peer, as bytes. */
export type Wire = {
  /** Opaque number for logs, unique in the process. */
  readonly id: number;
  /**
   * Send bytes.
   *
   * @param rest - What follows, in the same system call. Neither is copied: they may not be changed any more.
   * @returns false when the peer does not keep up: stop reading from it until `onDrain` (protocol.md 1).
   */
  readonly send: (bytes: Uint8Array, rest?: Uint8Array) => boolean;
  /** Bytes handed to `send` that have not left this process. */
  readonly unsentBytes: () => number;
  /** Stop and go on reading from this peer. */
  readonly pause: () => void;
  readonly resume: () => void;
  /** Let what was sent leave, then close. Resolves when the peer is gone, at the latest after `graceMs`. */
  readonly end: (graceMs: number) => Promise<void>;
  /** Close now. Harmless when already closed. */
  readonly destroy: () => void;
};

/** What the owner of a wire is told. Set once, before any byte is delivered; nothing thrown here reaches the transport. */
export type WireEvents = {
  readonly onBytes: (bytes: Buffer) => void;
  readonly onDrain: () => void;
  /** Exactly once; `error` is null for a clean end. */
  readonly onClose: (error: Error | null) => void;
};

/** Take a new peer: return what to tell about it, or null to close it at once. */
export type Accept = (wire: Wire) => WireEvents | null;

/** A listening endpoint. Disposal closes the listener and every wire at once: drain first (protocol.md 11). */
export type Listener = AsyncDisposable & {
  /** Close the listener, keep the wires. */
  readonly stopAccepting: () => Promise<void>;
};

/** Options of {@link Transport.listen}. */
export type ListenOptions = {
  readonly maxConnections: number;
  /** May people of a group use it? Left out = its owner alone. Only a pipe is opened in another way then. */
  readonly isShared?: boolean;
  readonly accept: Accept;
  readonly onError: (error: Error) => void;
};

/** One way of moving bytes on this machine: node-ipc raw, or bare node:net. */
export type Transport = {
  readonly name: 'node-ipc' | 'node';
  /**
   * Listen at a place that is free. The socket is born with mode 0600.
   *
   * @param endpoint - Socket path, or full pipe name on Windows.
   * @throws {AirlockError} unavailable when it cannot listen within 2 s.
   */
  readonly listen: (endpoint: string, options: ListenOptions) => Promise<Listener>;
  /**
   * Connect to an endpoint.
   *
   * @throws {AirlockError} not_running when nobody listens; deadline_exceeded after `timeoutMs`.
   */
  readonly connect: (
    endpoint: string,
    events: (wire: Wire) => WireEvents,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<Wire>;
};
