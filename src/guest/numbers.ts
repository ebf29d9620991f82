// Numbers as equipment writes them. A decimal comma is a parameter, never a guess.

const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,5})?$/;
/** Longer texts are no numbers. */
const LONGEST_NUMBER = 400;
/** Every decimal of so many digits comes back from a double as it was. */
const EXACT_DIGITS = 15;

/**
 * Read a number.
 *
 * @param text - Blanks around it are ignored.
 * @param options - `decimal`: the character before the fraction, `.` (default) or `,`. There are no thousands separators.
 * @returns The number, or null for anything else, also for what is too large for a number.
 */
export function parseNumber(text: string, options: { readonly decimal?: '.' | ',' } = {}): number | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_NUMBER) return null;
  const isComma = options.decimal === ',';
  if (isComma && trimmed.includes('.')) return null;
  const plain = isComma ? trimmed.replace(',', '.') : trimmed;
  const value = Number(plain);
  // Order: what is no number at all, most texts of a file, needs no pattern; NaN and the infinities end here.
  if (value - value !== 0) return null;
  return PLAIN.test(plain) ? value : null;
}

/** Significant digits and power of ten: equal for equal numbers, however they are written. */
function normalize(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().replace(/^[+-]/, '').split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/**
 * Does a number keep every digit of the text it was read from?
 *
 * @param text - What {@link parseNumber} has read, with a decimal point.
 * @returns False for integers beyond 2⁵³ and decimals with more digits than a double holds.
 */
export function isExactNumber(text: string): boolean {
  const plain = text.trim();
  if (plain.length <= EXACT_DIGITS) return true;
  const digits = plain.replace(/[eE].*$/, '').replace(/\D/g, '').length;
  if (digits <= EXACT_DIGITS) return true;
  const written = normalize(plain);
  return written.startsWith('e') || written === normalize(String(Number(plain)));
}
