// One check of one converter folder, from the disk to the verdict. Runs in a worker made for it, never on the main thread.

import { basename, resolve } from 'node:path';
import { type Finding, hasError } from '../core/findings.ts';
import { formatBytes } from '../core/units.ts';
import type { CheckedConverter, GateVerdict } from './checked.ts';
import { FILE_LIMITS, type FilePolicy, type FileReading, readConverterFile } from './files.ts';
import { MAX_FINDINGS, makeFinding } from './finding.ts';
import { readFolder } from './folder.ts';
import { hashConverter } from './hash.ts';
import { listImports, resolveImport } from './imports.ts';
import { type ConverterManifest, MANIFEST_FILE, parseManifest } from './manifest.ts';
import type { LimitCeilings } from './manifest-limits.ts';
import { type ParsedModule, parseModule } from './parse.ts';
import { RULES } from './rules/list.ts';
import { stripTypes } from './strip.ts';

/** What to check. */
export type CheckRequest = {
  readonly folder: string;
  readonly policy: FilePolicy;
  /** What the manifest's `limits` may ask for at most; left out: anything. */
  readonly ceilings?: LimitCeilings;
};
/** `atFile` hears which file comes next, so that a check that never ends can say where. */
export type CheckOptions = { readonly atFile: (file: string) => void };

/** The check so far. Mutable, and owned by {@link checkFolder}. */
type Progress = {
  readonly request: CheckRequest;
  readonly root: string;
  readonly listing: ReadonlySet<string>;
  readonly findings: Finding[];
  /** Bytes as they lie on disk, by path. */
  readonly raw: Map<string, Uint8Array>;
  /** JavaScript by path. */
  readonly code: Map<string, string>;
  readonly pending: string[];
  usedBytes: number;
};

const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null; // the only thing a fatal decoder throws for: bytes that are not UTF-8
  }
}

function readOnce(progress: Progress, path: string, maxBytes: number): FileReading {
  const reading = readConverterFile({ root: progress.root, path, maxBytes, policy: progress.request.policy });
  if (reading.kind === 'refused') return reading;
  progress.usedBytes += reading.bytes.length;
  if (progress.usedBytes > FILE_LIMITS.converterBytes) {
    const message = `the converter is larger than ${formatBytes(FILE_LIMITS.converterBytes)}`;
    return { kind: 'refused', finding: makeFinding('converter-size', { file: path }, { message }) };
  }
  progress.raw.set(path, reading.bytes);
  return reading;
}

function readManifest(progress: Progress): ConverterManifest | null {
  const reading = readOnce(progress, MANIFEST_FILE, FILE_LIMITS.manifestBytes);
  if (reading.kind === 'refused') {
    progress.findings.push(reading.finding);
    return null;
  }
  const text = decode(reading.bytes);
  const parsed = text === null ? null : parseManifest(text, basename(progress.root), progress.request.ceilings);
  if (parsed?.kind === 'read') return parsed.manifest;
  const notText = makeFinding('manifest', { file: MANIFEST_FILE }, { message: 'is not UTF-8' });
  progress.findings.push(...(parsed?.findings ?? [notText]));
  return null;
}

function followImports(progress: Progress, module: ParsedModule): void {
  for (const { specifier, line, column } of listImports(module)) {
    const target = resolveImport(specifier, { file: module.file, listing: progress.listing });
    if (target.kind === 'refused') {
      progress.findings.push(makeFinding(target.rule, { file: module.file, line, column }, target));
    } else if (target.kind === 'file' && !progress.pending.includes(target.path)) {
      progress.pending.push(target.path);
    }
  }
}

function applyRules(progress: Progress, module: ParsedModule): void {
  for (const rule of RULES) {
    for (const { node, ...text } of rule.check(module)) {
      const start = node?.loc?.start;
      const place = {
        file: module.file,
        line: start?.line ?? null,
        column: start === undefined ? null : start.column + 1,
      };
      progress.findings.push(makeFinding(rule.id, place, { ...text, severity: rule.severity }));
    }
  }
}

/** @returns whether the parsers are still sound, so that another file may be given to them. */
function checkModule(progress: Progress, path: string, isEntry: boolean): boolean {
  const { findings } = progress;
  const reading = readOnce(progress, path, FILE_LIMITS.fileBytes);
  if (reading.kind === 'refused') {
    findings.push(reading.finding);
    return reading.finding.code !== 'converter-size';
  }
  const source = decode(reading.bytes);
  if (source === null) {
    findings.push(makeFinding('syntax', { file: path }, { message: 'is not UTF-8' }));
    return true;
  }
  const stripped = stripTypes(source, path);
  if (stripped.kind === 'refused') {
    findings.push(stripped.finding);
    return !stripped.isFatal;
  }
  const parsing = parseModule(stripped.code, { file: path, isEntry });
  if (parsing.kind === 'refused') {
    findings.push(parsing.finding);
    return true;
  }
  progress.code.set(path, stripped.code);
  applyRules(progress, parsing.module);
  followImports(progress, parsing.module);
  // Warnings never end a check: what was not looked at would pass.
  return findings.filter(({ severity }) => severity === 'error').length < MAX_FINDINGS;
}

function checkModules(progress: Progress, entry: string, { atFile }: CheckOptions): void {
  progress.pending.push(entry);
  for (let index = 0; index < progress.pending.length; index += 1) {
    const path = progress.pending[index];
    if (path === undefined) return;
    atFile(path);
    if (!checkModule(progress, path, path === entry)) return;
  }
}

function bySeverityAndPlace(left: Finding, right: Finding): number {
  if (left.severity !== right.severity) return left.severity === 'error' ? -1 : 1;
  return byPlace(left, right);
}

function byPlace(left: Finding, right: Finding): number {
  const order = (left.file ?? '') < (right.file ?? '') ? -1 : 1;
  if (left.file !== right.file) return order;
  return (left.line ?? 0) - (right.line ?? 0) || (left.column ?? 0) - (right.column ?? 0);
}

function toVerdict({ raw, code, findings }: Progress, manifest: ConverterManifest): GateVerdict {
  const sorted = findings.sort(bySeverityAndPlace).slice(0, MAX_FINDINGS);
  if (hasError(findings)) return { kind: 'refused', findings: sorted };
  const converter: CheckedConverter = { manifest, sha256: hashConverter(raw), files: code, entry: manifest.entry };
  return { kind: 'passed', converter, findings: sorted };
}

/**
 * Check a converter folder: files, manifest, types, syntax, imports, rules.
 *
 * Trust: only in a thread of its own; a hostile file can break or stall the parsers (sandbox.md 7).
 *
 * @param request - Folder and policy.
 * @param options - Who hears about progress.
 * @throws what the disk throws for reasons that no converter can cause.
 */
export function checkFolder(request: CheckRequest, options: CheckOptions): GateVerdict {
  const reading = readFolder(resolve(request.folder), request.policy);
  if (reading.kind === 'refused') return reading;
  const { root, listing } = reading;
  const progress: Progress = {
    request,
    root,
    listing,
    findings: [],
    raw: new Map(),
    code: new Map(),
    pending: [],
    usedBytes: 0,
  };
  options.atFile(MANIFEST_FILE);
  const manifest = readManifest(progress);
  if (manifest === null) return { kind: 'refused', findings: progress.findings };
  checkModules(progress, manifest.entry, options);
  return toVerdict(progress, manifest);
}
