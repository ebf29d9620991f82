// Finds the sign that a WATS server stored a report: an id in its answer.

const NAMES = ['ID', 'id', 'uuid'] as const;
const MAX_ID_LENGTH = 200;
// Trust: the id is shown on terminals.
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]+/gu;

function idOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return null;
  for (const name of NAMES) {
    const id: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : null;
    const text = typeof id === 'string' ? id.replace(UNPRINTABLE, ' ').trim() : '';
    if (text !== '') return text.slice(0, MAX_ID_LENGTH);
    if (typeof id === 'number') return String(id);
  }
  return null;
}

/**
 * The id that an answer names: `ID`, `id` or `uuid` of an object, or of the first object of a list that has one.
 *
 * @param body - Text of the answer, already capped.
 * @returns The id, or null when the text is no JSON or names none (a captive portal, an empty or cut answer).
 * Source: report.md 3, upload.
 */
export function findServerId(body: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    // Expected: HTML of a proxy, an empty answer, a cut one.
    return null;
  }
  if (!Array.isArray(value)) return idOf(value);
  const ids = value.map((entry) => idOf(entry));
  return ids.find((id) => id !== null) ?? null;
}
