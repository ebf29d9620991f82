// What of a long text stays where: nothing is cut unseen.

/** Longest name, message and captured output that stands in a step itself, in UTF-16 units. */
export const LONGEST_NAME = 8_192;
export const LONGEST_MESSAGE = 10_000;
export const LONGEST_OUTPUT = 10_000;
/** Longest JSON of what is kept beside a step; a record holds 64 KiB. */
export const LONGEST_KEPT = 12_000;
/** Attachments with bytes; a report holds 100, some are left for paths. */
export const MOST_OUTPUTS = 80;
export const MOST_PATHS = 20;

/**
 * A text of at most so many characters.
 *
 * @param text - Any text.
 * @param longest - UTF-16 units.
 * @param onCut - Called when it is longer.
 */
export function cut(text: string, longest: number, onCut: () => void): string {
  if (text.length <= longest) return text;
  onCut();
  return text.slice(0, longest);
}
