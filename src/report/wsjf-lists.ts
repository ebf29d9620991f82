// Sub-units, failures, notes and assets as WSJF writes them.

import type { CanonicalReport } from './schema.ts';
import { compact, extraAt, type Extra, fit, type Notes, pickExtra } from './wsjf-words.ts';

type SubUnit = CanonicalReport['unit']['subUnits'][number];
type Failure = NonNullable<CanonicalReport['repair']>['failures'][number];

function textOrDash(text: string | null, path: string, { warnings }: Notes): string {
  if (text !== null) return text;
  warnings.push(`${path}: missing, sent as "-"`);
  return '-';
}

function writeFailure(failure: Failure): Extra {
  return compact({
    category: failure.category ?? 'Unknown',
    code: failure.code ?? 'Unknown',
    comment: failure.comment,
    comRef: failure.componentRef,
    funcBlock: failure.functionBlock,
    refStepId: failure.refStepId,
    artNumber: failure.article?.number,
    artRev: failure.article?.revision,
    artVendor: failure.article?.vendor,
    artDescription: failure.article?.description,
  });
}

function writeSubUnit(subUnit: SubUnit, at: { readonly extra: Extra; readonly path: string }, notes: Notes): Extra {
  const path = at.path;
  return compact({
    pn: textOrDash(subUnit.partNumber, `${path}.partNumber`, notes),
    sn: subUnit.serialNumber ?? '',
    rev: subUnit.revision,
    partType: fit(subUnit.type ?? 'Unknown', 50, { ...notes, path: `${path}.type` }) || 'Unknown',
    idx: subUnit.index,
    parentIdx: subUnit.parent,
    ...pickExtra(at.extra, ['position', 'replacedIdx']),
  });
}

/**
 * Sub-units of a test report.
 *
 * @param unit - The unit.
 * @param extra - `extensions.wsjf`.
 */
export function writeSubUnits(unit: CanonicalReport['unit'], extra: Extra, notes: Notes): readonly Extra[] {
  const kept = extraAt(extra, 'subUnits');
  return unit.subUnits.map((subUnit, index) => {
    const path = `unit.subUnits[${index}]`;
    const written = writeSubUnit(subUnit, { extra: extraAt(kept, String(index)), path }, notes);
    return written['sn'] === '' ? { ...written, sn: textOrDash(null, `${path}.serialNumber`, notes) } : written;
  });
}

/** The server wants the unit itself as sub-unit 0 of a repair. */
function withMain(unit: CanonicalReport['unit']): readonly SubUnit[] {
  if (unit.subUnits.some(({ index }) => index === 0)) return unit.subUnits;
  const { partNumber, serialNumber, revision } = unit;
  return [{ index: 0, parent: null, type: 'Main', partNumber, serialNumber, revision }, ...unit.subUnits];
}

/**
 * Sub-units of a repair, with the failures that were found in each.
 *
 * @param report - A repair.
 * @param extra - `extensions.wsjf`.
 */
export function writeRepairedUnits(report: CanonicalReport, extra: Extra, notes: Notes): readonly Extra[] {
  const units = withMain(report.unit);
  const shift = units.length - report.unit.subUnits.length;
  const kept = extraAt(extra, 'subUnits');
  const known = new Set(units.map(({ index }) => index));
  const failures = (report.repair?.failures ?? []).map((failure, index) => {
    if (known.has(failure.subUnit)) return failure;
    notes.warnings.push(
      `repair.failures[${index}].subUnit: there is no sub-unit ${failure.subUnit}, sent with sub-unit 0`,
    );
    return { ...failure, subUnit: 0 };
  });
  return units.map((subUnit, index) => {
    const at = { extra: extraAt(kept, String(index - shift)), path: `unit.subUnits[${index - shift}]` };
    const own = failures.filter((failure) => failure.subUnit === subUnit.index);
    const written = writeSubUnit(subUnit, at, notes);
    return own.length === 0 ? written : { ...written, failures: own.map(writeFailure) };
  });
}

/**
 * Notes of a report.
 *
 * @param misc - The report's own.
 * @param extra - `extensions.wsjf`.
 */
export function writeMisc(misc: CanonicalReport['misc'], extra: Extra, notes: Notes): readonly Extra[] {
  const kept = extraAt(extra, 'misc');
  return misc.map((note, index) =>
    compact({
      ...pickExtra(extraAt(kept, String(index)), ['id']),
      description: fit(note.name, 100, { ...notes, path: `misc[${index}].name` }),
      text: fit(note.text, 100, { ...notes, path: `misc[${index}].text` }),
      numeric: note.number,
    }),
  );
}

/**
 * Assets of a report.
 *
 * @param assets - The report's own.
 * @param extra - `extensions.wsjf`.
 */
export function writeAssets(assets: CanonicalReport['assets'], extra: Extra, notes: Notes): readonly Extra[] {
  const kept = extraAt(extra, 'assets');
  return assets.map((asset, index) =>
    compact({
      sn: fit(asset.serialNumber, 100, { ...notes, path: `assets[${index}].serialNumber` }),
      assetType: fit(asset.type, 100, { ...notes, path: `assets[${index}].type` }),
      usageCount: asset.usage,
      ...pickExtra(extraAt(kept, String(index)), ['partNumber', 'calibrationDate', 'calibrationDue']),
    }),
  );
}
