// What the gate says about a converter folder.

import type { Finding } from '../core/findings.ts';
import type { ConverterManifest } from './manifest.ts';

/** A converter whose every reachable module passed. The bytes that were checked are the bytes that run. */
export type CheckedConverter = {
  readonly manifest: ConverterManifest;
  /** Over the manifest and every reachable module, sorted, with path and length before each (sandbox.md 7). */
  readonly sha256: string;
  /** JavaScript by relative path with `/`: types replaced by blanks, so that lines and columns are the author's. */
  readonly files: ReadonlyMap<string, string>;
  readonly entry: string;
};

/** Verdict of the gate. Warnings may come with a pass. */
export type GateVerdict =
  | { readonly kind: 'passed'; readonly converter: CheckedConverter; readonly findings: readonly Finding[] }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };
