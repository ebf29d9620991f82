// Builds what a start finds ready: the sealed runner, the guest library, the bundled converters past the gate, and their hashes.

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { checkBundledConverters } from './bundled-converters.ts';
import { isLazyStub, lazyModules } from './lazy-modules.ts';
import { BUNDLE_FILES, type BundleManifest, hashBytes, hashSources } from '../src/sandbox/bundle.ts';

/** What to build, and where to. */
export type BundleOptions = {
  readonly root: string;
  readonly folder: string;
  /** Relative to `root`. Tests build with a guest of their own. */
  readonly guestEntry: string;
};

type Built = { readonly text: string; readonly inputs: readonly string[] };

async function bundle(root: string, entry: string, options: BuildOptions): Promise<Built> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    target: 'esnext',
    ...options,
  });
  const inputs = Object.keys(result.metafile?.inputs ?? {}).filter((input) => !isLazyStub(input));
  return { text: result.outputFiles?.[0]?.text ?? '', inputs };
}

const inside: BuildOptions = { format: 'iife', platform: 'neutral', mainFields: ['module', 'main'] };

/**
 * Write the sealed bundle. The same sources give the same bytes.
 *
 * @param options - See {@link BundleOptions}.
 * @throws when a source cannot be built, or a bundled converter does not pass the gate; the message has every finding.
 */
export async function buildSealed({ root, folder, guestEntry }: BundleOptions): Promise<void> {
  const [prelude, guest, gate, converters] = await Promise.all([
    bundle(root, 'src/sandbox-child/prelude/main.ts', inside),
    bundle(root, guestEntry, { ...inside, plugins: [lazyModules()] }),
    // Only for its inputs: a changed gate may judge otherwise.
    bundle(root, 'src/gate/check.ts', { format: 'esm', platform: 'node', packages: 'external' }),
    checkBundledConverters(root),
  ]);
  const runner = await bundle(root, 'src/sandbox-child/main.ts', {
    format: 'cjs',
    platform: 'node',
    define: { AIRLOCK_PRELUDE: JSON.stringify(prelude.text) },
  });
  const parts = [prelude, guest, gate, converters, runner];
  const sources = [...new Set(parts.flatMap(({ inputs }) => inputs))].sort();
  const manifest: BundleManifest = {
    runner: hashBytes(runner.text),
    guest: hashBytes(guest.text),
    converters: hashBytes(converters.text),
    sources,
    sourcesSha256: await hashSources(root, sources),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, BUNDLE_FILES.runner), runner.text);
  await writeFile(path.join(folder, BUNDLE_FILES.guest), guest.text);
  await writeFile(path.join(folder, BUNDLE_FILES.converters), converters.text);
  await writeFile(path.join(folder, BUNDLE_FILES.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
}

if (import.meta.main) {
  const root = path.dirname(import.meta.dirname);
  // Node tells that stripping types is experimental; nobody who reads this program's output can act on it.
  process.removeAllListeners('warning');
  const startedMs = performance.now();
  await buildSealed({ root, folder: path.join(root, 'build', 'sealed'), guestEntry: 'src/guest/main.ts' });
  console.log(`bundle: build/sealed written in ${Math.round(performance.now() - startedMs)} ms`);
}
