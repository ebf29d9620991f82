// How the sink answers: one entry per request, the last one for ever.

/** One way to answer. `everyMs`, `afterBytes`: milliseconds, bytes of the request. */
export type SinkMode =
  /** 200 with the id of the report it was sent, as WATS answers. */
  | { readonly kind: 'id' }
  /** Any status with any words. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 400 whose words quote the Authorization header that came. */
  | { readonly kind: 'quote_token' }
  /** Takes everything and never answers. */
  | { readonly kind: 'hang' }
  /** As `id`, but only once other modes are set. */
  | { readonly kind: 'hold' }
  /** 200, then one byte of the answer at a time, for ever. */
  | { readonly kind: 'drip'; readonly everyMs: number }
  /** 200 whose answer stops in the middle. */
  | { readonly kind: 'cut' }
  /** Resets the connection after so many bytes of the body. */
  | { readonly kind: 'reset'; readonly afterBytes: number }
  /** Takes the whole request, then closes without a byte of an answer. */
  | { readonly kind: 'close' }
  /** Answers 413 after the headers and closes. */
  | { readonly kind: 'early_413' }
  /** Something that is no HTTP. */
  | { readonly kind: 'garbage' };

/** One request as the sink saw it, recorded when its headers came and completed when its body ended. */
export type SinkRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly hasAuthorization: boolean;
  /** `id` of the JSON body, or null. */
  readonly reportId: string | null;
  readonly bodyBytes: number;
  readonly bodySha256: string;
  /** Did the whole body come? */
  readonly isComplete: boolean;
  /** Which connection it came over, counted from 1. */
  readonly connection: number;
};
