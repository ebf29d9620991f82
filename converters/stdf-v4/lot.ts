// What a file says about the lot, the wafer and the tester: read before the parts it holds for.

import type { AssetInput, MiscInput } from 'airlock/converter';
import { type Fields, readC1, readCn, readMany, readU1, readU2, readU4 } from './fields.ts';

/** Texts of a lot by their name in the specification. */
export type Lot = { readonly startedAt: number | null; readonly texts: Readonly<Record<string, string>> };
export type Wafer = { readonly head: number | null; readonly startedAt: number | null; readonly id: string | null };
/** Sites that share equipment; without sites it holds for all of a head. */
export type SiteGroup = {
  readonly head: number | null;
  readonly sites: readonly number[];
  readonly assets: readonly AssetInput[];
  readonly notes: readonly MiscInput[];
  readonly fixture: string | null;
};

/** Texts of the MIR in their order. */
const LOT_TEXTS = [
  'LOT_ID',
  'PART_TYP',
  'NODE_NAM',
  'TSTR_TYP',
  'JOB_NAM',
  'JOB_REV',
  'SBLOT_ID',
  'OPER_NAM',
  'EXEC_TYP',
  'EXEC_VER',
  'TEST_COD',
  'TST_TEMP',
  'USER_TXT',
  'AUX_FILE',
  'PKG_TYP',
  'FAMLY_ID',
  'DATE_COD',
  'FACIL_ID',
  'FLOOR_ID',
  'PROC_ID',
  'OPER_FRQ',
  'SPEC_NAM',
  'SPEC_VER',
  'FLOW_ID',
  'SETUP_ID',
  'DSGN_REV',
  'ENG_ID',
  'ROM_COD',
  'SERL_NUM',
  'SUPR_NAM',
] as const;
/** Equipment of an SDR in its order, each with type and id. */
const EQUIPMENT = [
  'Handler or prober',
  'Probe card',
  'Load board',
  'DIB board',
  'Cable',
  'Contactor',
  'Laser',
  'Extra equipment',
] as const;
const LOAD_BOARD = 2;
const DIB_BOARD = 3;

/** The MIR. */
export function readLot(fields: Fields): Lot {
  const texts: Record<string, string> = {};
  const add = (name: string, value: string | number | null): void => {
    if (value !== null) texts[name] = String(value);
  };
  readU4(fields);
  const startedAt = readU4(fields);
  add('STAT_NUM', readU1(fields));
  add('MODE_COD', readC1(fields));
  add('RTST_COD', readC1(fields));
  add('PROT_COD', readC1(fields));
  const burnMinutes = readU2(fields);
  add('BURN_TIM', burnMinutes === 65_535 ? null : burnMinutes);
  add('CMOD_COD', readC1(fields));
  for (const name of LOT_TEXTS) add(name, readCn(fields));
  return { startedAt, texts };
}

/** The WIR. */
export function readWafer(fields: Fields): Wafer {
  const head = readU1(fields);
  readU1(fields);
  return { head, startedAt: readU4(fields), id: readCn(fields) };
}

/** An SDR. */
export function readSiteGroup(fields: Fields): SiteGroup {
  const head = readU1(fields);
  readU1(fields);
  const sites = readMany(fields, readU1(fields), readU1);
  const found = EQUIPMENT.map((name) => ({ name, type: readCn(fields), id: readCn(fields) }));
  return {
    head,
    sites,
    assets: found.flatMap(({ name, type, id }) =>
      id === null ? [] : [{ serialNumber: id, type: type === null ? name : `${name} ${type}` }],
    ),
    notes: found.flatMap(({ name, type, id }) => (id === null && type !== null ? [{ name, text: type }] : [])),
    fixture: found[DIB_BOARD]?.id ?? found[LOAD_BOARD]?.id ?? null,
  };
}

/** A PMR: index of a pin, and its name. */
export function readPin(fields: Fields): { readonly index: number; readonly name: string } | null {
  const index = readU2(fields);
  readU2(fields);
  const channel = readCn(fields);
  const physical = readCn(fields);
  const name = readCn(fields) ?? physical ?? channel;
  return index === null || name === null ? null : { index, name };
}

/** An HBR or SBR: number of a bin, and its name. */
export function readBin(fields: Fields): { readonly bin: number; readonly name: string } | null {
  readU2(fields);
  const bin = readU2(fields);
  readU4(fields);
  readC1(fields);
  const name = readCn(fields);
  return bin === null || name === null ? null : { bin, name };
}
