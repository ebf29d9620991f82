// The seam between guest code and the sealed runner: the only functions of the host that guest code ever holds.

/**
 * Host functions, given to {@link GuestRuntime.run} as plain callbacks. Only strings and numbers cross; the host never throws
 * into the guest but answers with a status: 0 = taken, 1 = a limit is reached (the conversion ends as `stopped`: the guest
 * should throw {@link HostStop}), 2 = the record was refused (ends as `rejected`).
 * The guest calls them as direct closure calls only, never through call, apply, bind or Reflect.
 */
export type Host = {
  /**
   * Next piece of a file, `''` at its end: 0 is the input, 1 and on its companions. Modes `lines` and `text`: decoded text without
   * byte-order mark, at most 262,144 UTF-16 units. Mode `bytes`: one character (0 … 0xFF) per byte, at most 262,144.
   */
  readonly pull: (index: number) => string;
  /** One record as JSON text, at most 65,536 UTF-8 bytes (report/records.ts). */
  readonly part: (record: string) => number;
  /** Bytes of an attachment, one character (0 … 0xFF) per byte; call it before the `attach` record. May be called several times. */
  readonly attach: (bytes: string) => number;
  /** Level 0 debug, 1 info, 2 warn, 3 error. */
  readonly log: (level: number, text: string) => number;
  /** 0 … 1. */
  readonly progress: (fraction: number) => number;
};

/** A file as the runtime sees it before it is read. */
export type GuestFile = { readonly name: string; readonly size: number; readonly mode: 'lines' | 'text' | 'bytes' };

/** What the runtime needs to know about a job; given as JSON text. */
export type GuestJob = {
  readonly input: GuestFile;
  /** By `pull` index from 1 on. */
  readonly companions: readonly GuestFile[];
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly station: { readonly name: string; readonly location: string; readonly purpose: string };
  readonly nowUnixMs: number;
  readonly seed: number;
  readonly limits: { readonly errorText: number; readonly errorStack: number; readonly logLine: number };
};

/** The beginning of a file, for `probe`; given as JSON text. */
export type GuestHead = {
  readonly name: string;
  /** Bytes of the whole file. */
  readonly size: number;
  /** First 64 KiB, decoded. */
  readonly text: string;
  /** The same, one character (0 … 0xFF) per byte. */
  readonly bytes: string;
  /** UTF-16 units of a reason. */
  readonly errorText: number;
};

/** What `probe` answers, as JSON text. `absent`: the converter has no such function. */
export type GuestProbe =
  | { readonly kind: 'confidence'; readonly value: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'none'; readonly reason: string };

/** What `run` and `poll` answer, as JSON text. `pending`: the converter returned a promise that has not settled. */
export type GuestEnd =
  | { readonly kind: 'pending' }
  | { readonly kind: 'done' }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string; readonly line: number | null; readonly column: number | null }
  | { readonly kind: 'suspended'; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string; readonly stack: string };

/**
 * What the bundled guest script leaves in `globalThis.__airlockGuest` for the runner, which takes it off the global object before
 * the converter loads. `exports` are the names of the module `airlock/converter`.
 */
export type GuestRuntime = {
  readonly exports: Readonly<Record<string, unknown>>;
  /**
   * Run a converter's default export on one job. Catches everything the converter throws, reads the error's fields, cuts them to
   * their limits; never throws itself, but for what V8 throws at a limit.
   *
   * @param host - Host functions.
   * @param definition - The converter's default export, unchecked.
   * @param job - {@link GuestJob} as JSON text.
   * @returns {@link GuestEnd} as JSON text.
   */
  readonly run: (host: Host, definition: unknown, job: string) => string;
  /** After `pending` and a turn of the microtask queue: the end, or `pending` again (the host then ends it as `failed`). */
  readonly poll: () => string;
  /**
   * Ask a converter's default export how sure it is that a file is its own. Never throws, but for what V8 throws at a limit.
   *
   * @param definition - The converter's default export, unchecked.
   * @param head - {@link GuestHead} as JSON text.
   * @returns {@link GuestProbe} as JSON text.
   */
  readonly probe: (definition: unknown, head: string) => string;
};
