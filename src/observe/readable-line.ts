// Turns a JSON log line into one that a person reads on a terminal.

const PLAIN = /^[\w.:/@+-]{1,200}$/;
// What files and converters say goes to a terminal here: no control character may reach it.
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

const clean = (text: string): string => text.replaceAll(CONTROL, '?');

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function formatField([name, value]: readonly [string, unknown]): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${name}=${PLAIN.test(text) ? text : clean(typeof value === 'string' ? JSON.stringify(value) : text)}`;
}

function stacksOf(error: unknown, label: string): readonly string[] {
  if (typeof error !== 'object' || error === null) return [];
  const record = error as Readonly<Record<string, unknown>>;
  const text = textOf(record['stack']) || textOf(record['message']);
  const own = text.split('\n').map((line, index) => `    ${index === 0 ? label : ''}${clean(line)}`);
  const inner = ['cause', 'error', 'suppressed'].flatMap((name) => stacksOf(record[name], `${name}: `));
  const list = Array.isArray(record['errors']) ? record['errors'].flatMap((one) => stacksOf(one, 'error: ')) : [];
  return [...own, ...inner, ...list];
}

/**
 * Write `12:00:00.000 warn  message key=value …`, with stacks on lines of their own.
 *
 * @param line - A line of the JSON log.
 * @returns one or more lines with a line end each.
 */
export function formatReadableLine(line: string): string {
  const { time, level, msg, err, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const clock = typeof time === 'string' ? time.slice('2000-01-01T'.length, -1) : '';
  const words = [clock, String(level).padEnd(5), clean(textOf(msg)), ...Object.entries(fields).map(formatField)];
  return [words.join(' '), ...stacksOf(err, '')].map((text) => `${text}\n`).join('');
}
