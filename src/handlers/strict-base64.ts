// Base64 as written or not at all.

/**
 * Decode a text that must be base64 to its last character, with the right padding or none.
 *
 * @param text - From a caller.
 * @returns null where Node's decoder would drop or make up bits: the bytes would be others than the caller meant.
 */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  const padded = bytes.toString('base64');
  return text === padded || text === padded.replace(/=+$/, '') ? bytes : null;
}
