// How often a test repeats what chance decides: a few times with `npm test`, for long with `npm run test:long`.

const isLong = process.env['AIRLOCK_LONG_TESTS'] === '1';

/** The usual number, or the large one in a long run. */
export function rounds({ usual, long }: { readonly usual: number; readonly long: number }): number {
  return isLong ? long : usual;
}
