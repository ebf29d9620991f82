// Where the params of a call name its streams: one convention for all methods. Source: protocol.md 8 and 13.

type Params = Readonly<Record<string, unknown>>;

/** Largest number of a stream. Source: protocol.md 8. */
export const MAX_STREAM_ID = 2 ** 32 - 1;

const isParams = (value: unknown): value is Params => typeof value === 'object' && value !== null;

/** Main body first, then companions in order: the order in which they are credited. */
function holdersOf(params: Params): readonly Params[] {
  const { companions } = params;
  return [params, ...(Array.isArray(companions) ? companions.filter(isParams) : [])];
}

/**
 * Numbers that params name as streams, in the order of their credit. Unchecked: any number may be among them, one twice, too.
 *
 * @param params - Params of a call as they came.
 */
export function namedStreams(params: Params): readonly number[] {
  const { stream, companions } = params;
  // Most calls name none.
  if (stream === undefined && companions === undefined) return [];
  return holdersOf(params).flatMap((holder) => (typeof holder['stream'] === 'number' ? [holder['stream']] : []));
}

/**
 * The same params with other numbers.
 *
 * @param params - Params of a call.
 * @param toNumber - From the number that is there to the one that shall be there.
 */
export function renumberStreams(params: Params, toNumber: (stream: number) => number): Params {
  const renumber = (holder: unknown): unknown =>
    isParams(holder) && typeof holder['stream'] === 'number'
      ? { ...holder, stream: toNumber(holder['stream']) }
      : holder;
  const { companions } = params;
  const own = isParams(params) && typeof params['stream'] === 'number' ? { stream: toNumber(params['stream']) } : {};
  return { ...params, ...own, ...(Array.isArray(companions) ? { companions: companions.map(renumber) } : {}) };
}
