// Dates as equipment writes them, read by a literal pattern.

/** A part of a date, its token in a format, and its largest value. */
const PARTS = {
  yyyy: { name: 'year', digits: 4, max: 9999 },
  MM: { name: 'month', digits: 2, max: 12 },
  dd: { name: 'day', digits: 2, max: 31 },
  HH: { name: 'hour', digits: 2, max: 23 },
  mm: { name: 'minute', digits: 2, max: 59 },
  ss: { name: 'second', digits: 2, max: 59 },
  SSS: { name: 'millisecond', digits: 3, max: 999 },
} as const;

type PartName = (typeof PARTS)[keyof typeof PARTS]['name'];
type DateParts = Record<PartName, number>;

const TOKENS = /yyyy|MM|dd|HH|mm|ss|SSS/y;
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?\s*(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/i;
const ZONE = /^(?:UTC|Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;

function isToken(text: string): text is keyof typeof PARTS {
  return Object.hasOwn(PARTS, text);
}

function readPart(text: string, at: number, part: (typeof PARTS)[keyof typeof PARTS]): number | null {
  const digits = text.slice(at, at + part.digits);
  if (digits.length !== part.digits || !/^\d+$/.test(digits)) return null;
  const value = Number(digits);
  return value <= part.max ? value : null;
}

function readParts(text: string, format: string): DateParts | null {
  const parts: DateParts = { year: 1970, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 };
  let at = 0;
  for (let index = 0; index < format.length; ) {
    TOKENS.lastIndex = index;
    const token = TOKENS.exec(format)?.[0] ?? '';
    if (!isToken(token)) {
      if (text[at] !== format[index]) return null;
      at += 1;
      index += 1;
      continue;
    }
    const part = PARTS[token];
    const value = readPart(text, at, part);
    if (value === null) return null;
    parts[part.name] = value;
    at += part.digits;
    index += token.length;
  }
  return at === text.length ? parts : null;
}

function isRealDay({ year, month, day }: DateParts): boolean {
  if (month < 1 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

function formatDate(parts: DateParts, zone: string): string {
  const date = `${pad(parts.year, 4)}-${pad(parts.month, 2)}-${pad(parts.day, 2)}`;
  const fraction = parts.millisecond === 0 ? '' : `.${pad(parts.millisecond, 3)}`;
  return `${date}T${pad(parts.hour, 2)}:${pad(parts.minute, 2)}:${pad(parts.second, 2)}${fraction}${zone}`;
}

function toOffset(zone: string): string {
  if (!ZONE.test(zone)) throw new Error(`Cannot use time zone "${zone}": write UTC or an offset such as +01:00`);
  return zone === 'UTC' ? 'Z' : zone;
}

function parseIso(text: string, zone: string): string | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const [, day = '', clock = '', second = ':00', fraction, offset] = match;
  const parts = readParts(`${day}T${clock}${second}`, 'yyyy-MM-ddTHH:mm:ss');
  if (parts === null || !isRealDay(parts)) return null;
  const written = offset === undefined ? zone : offset.toUpperCase().replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
  return `${day}T${clock}${second}${fraction === undefined ? '' : `.${fraction}`}${written}`;
}

/**
 * Read a date and time.
 *
 * @param text - Blanks around it are ignored.
 * @param pattern - `iso`, or a pattern of `yyyy MM dd HH mm ss SSS` and literal characters, e.g. `dd.MM.yyyy HH:mm:ss`.
 * @param zone - Offset of the clock that wrote it: `UTC` or such as `+01:00`. With `iso` only used where the text has none.
 * @returns RFC 3339 with offset, every digit of the fraction kept; null when the text does not fit or is no real day.
 * @throws {Error} for a zone that is neither.
 */
export function parseDate(text: string, pattern: string, zone: string): string | null {
  const trimmed = text.trim();
  const offset = toOffset(zone);
  if (pattern === 'iso') return parseIso(trimmed, offset);
  const parts = readParts(trimmed, pattern);
  return parts === null || !isRealDay(parts) ? null : formatDate(parts, offset);
}
