// The main file: a setting on each line, `name=value`, with comments between them.

import { BadInput, parseDate } from 'airlock/converter';

/** Settings by name, in their order. */
export type Settings = ReadonlyMap<string, string>;

type Outcome = 'passed' | 'failed' | 'error' | 'terminated' | 'done';
/** What Klippel calls a result. */
export type Verdict = { readonly outcome: Outcome | 'skipped'; readonly word: string | null };

const MOST_SETTINGS = 10_000;

/** Lists of results by their verdict. */
const LISTS: readonly (readonly [name: string, verdict: Verdict])[] = [
  ['Results_Pass', { outcome: 'passed', word: null }],
  ['Results_Fail', { outcome: 'failed', word: null }],
  ['Results_Warning', { outcome: 'passed', word: 'warning' }],
  ['Results_Void', { outcome: 'skipped', word: 'void' }],
  ['Results_Noise', { outcome: 'error', word: 'noise' }],
  ['Results_Invalid', { outcome: 'error', word: 'invalid' }],
];
/** `Ctrl_OverallVerdict`, as the file itself explains it. */
const OVERALL: Readonly<Record<string, { readonly outcome: Outcome; readonly word: string | null }>> = {
  '-1': { outcome: 'done', word: 'void' },
  '0': { outcome: 'failed', word: null },
  '1': { outcome: 'passed', word: null },
  '2': { outcome: 'passed', word: 'warning' },
  '3': { outcome: 'error', word: 'noise' },
  '4': { outcome: 'error', word: 'invalid' },
};

/**
 * Read the settings.
 *
 * @param lines - The main file.
 * @throws {BadInput} for a file that has none of the settings of a test.
 */
export function readSettings(lines: Iterable<string>): Settings {
  const settings = new Map<string, string>();
  for (const line of lines) {
    const equals = line.indexOf('=');
    if (line.trimStart().startsWith('//') || equals <= 0) continue;
    const name = line.slice(0, equals).trim();
    if (!settings.has(name)) settings.set(name, line.slice(equals + 1).trim());
    if (settings.size > MOST_SETTINGS) throw new BadInput(`there are more than ${MOST_SETTINGS} settings`);
  }
  const isTest = [...settings.keys()].some((name) => name === 'Ctrl_OverallVerdict' || name.startsWith('Results_'));
  if (!isTest) throw new BadInput('this is no log of Klippel QC: it has neither Ctrl_OverallVerdict nor Results_');
  return settings;
}

/** A setting; null where it is missing or blank. */
export function readSetting(settings: Settings, name: string): string | null {
  const value = settings.get(name) ?? '';
  return value === '' ? null : value.slice(0, 8_192);
}

/** Verdicts that win over another one of the same result, the first before the others. */
const WORST: readonly Verdict['outcome'][] = ['error', 'failed'];

function isWorse({ outcome }: Verdict, than: Verdict | undefined): boolean {
  if (than === undefined) return true;
  const [own, other] = [WORST.indexOf(outcome), WORST.indexOf(than.outcome)];
  return own >= 0 && (other < 0 || own < other);
}

/** Verdicts of single results, by name, in the order of the lists; of a result in several of them the worst. */
export function readVerdicts(settings: Settings): ReadonlyMap<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const [list, verdict] of LISTS) {
    for (const part of (settings.get(list) ?? '').split('\t')) {
      const name = part.trim().slice(0, 8_192);
      if (name !== '' && isWorse(verdict, verdicts.get(name))) verdicts.set(name, verdict);
    }
  }
  return verdicts;
}

/** What the single results say together, where the file says nothing of the whole. */
function sumUp(settings: Settings): Outcome {
  const outcomes = new Set([...readVerdicts(settings).values()].map(({ outcome }) => outcome));
  return (['error', 'failed', 'passed'] as const).find((outcome) => outcomes.has(outcome)) ?? 'done';
}

/** Verdict of the whole test; an error message makes it an error, and without a verdict the single results decide. */
export function readOverall(settings: Settings): { readonly outcome: Outcome; readonly word: string | null } {
  if (readSetting(settings, 'Ctrl_ErrorGeneral') !== null) return { outcome: 'error', word: null };
  const code = settings.get('Ctrl_OverallVerdict') ?? '';
  const known = Object.hasOwn(OVERALL, code) ? OVERALL[code] : undefined;
  return known ?? { outcome: sumUp(settings), word: code === '' ? null : code };
}

/** Year, month, (week, day of the year, of the week,) day, hour, minute, second, millisecond, minutes before UTC. */
const START =
  /^(\d{4})-(\d{1,2})-(?:-?\d{1,3}-){3}(\d{1,2})-(\d{1,2})-(\d{1,2})-(\d{1,2})-(\d{1,3})(?:-(-?\d{1,3}))?(?:-|$)/;

function toZone(minutes: number): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/**
 * Start of the test, as SciLab's `getdate` writes it.
 *
 * @param text - E.g. `2020-5-20-135-5-14-10-1-37-563-120-1.589E+09`.
 * @param zone - For a text without one.
 */
export function readStart(
  text: string,
  zone: string,
): { readonly time: string | null; readonly isZoneAssumed: boolean } {
  const [offset, ...parts] = (START.exec(text) ?? []).slice(1).toReversed();
  const [year, month, day, hour, minute, second, millis] = parts.toReversed().map((part) => part.padStart(2, '0'));
  const date = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millis?.padStart(3, '0')}`;
  const minutes = offset === undefined ? null : Number(offset);
  const isZoneAssumed = minutes === null || Math.abs(minutes) > 14 * 60;
  const time = parseDate(date, 'yyyy-MM-ddTHH:mm:ss.SSS', isZoneAssumed ? zone : toZone(minutes));
  return { time, isZoneAssumed: time !== null && isZoneAssumed };
}
