import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { openRegistry, type Registry } from '../../../src/conversion/registry.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { checkFolder } from '../../../src/gate/check.ts';
import type { CheckedConverter } from '../../../src/gate/checked.ts';
import { manifestSchema } from '../../../src/gate/manifest.ts';
import type { Gate } from '../../../src/gate/open.ts';
import { SMALLEST_CONVERTER, writeConverter } from '../../support/converter-folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

type Folders = Readonly<
  Record<string, { readonly approve?: 'manual' | 'auto'; readonly converters: readonly string[] }>
>;

const uids = process.getuid === undefined ? null : [process.getuid(), 0];

// The same check without a thread of its own: what the worker adds is tested with the gate.
const directGate: Pick<Gate, 'check'> = {
  check: async (folder, { isPrivate = false } = {}) =>
    checkFolder(
      { folder, policy: { trustedUids: uids, forbiddenMode: isPrivate ? 0o022 : 0o002 } },
      { atFile: () => undefined },
    ),
};

function makeShipped(name: string): CheckedConverter {
  const manifest = manifestSchema.parse({ name, version: '1.0.0' });
  const files = new Map([[manifest.entry, SMALLEST_CONVERTER]]);
  return { manifest, sha256: 'a'.repeat(64), files, entry: manifest.entry };
}

async function openWith(
  folders: Folders,
  options: {
    gate?: Pick<Gate, 'check'>;
    settings?: object;
    shipped?: readonly CheckedConverter[];
    bundled?: boolean;
    prepare?: (home: string) => Promise<unknown>;
  } = {},
): Promise<Registry> {
  await using home = await makeTemporaryFolder();
  for (const [name, { converters }] of Object.entries(folders)) {
    await mkdir(join(home.path, name), { mode: 0o755 });
    for (const converter of converters) await writeConverter(join(home.path, name), converter);
  }
  await options.prepare?.(home.path);
  const { converters } = configSchema.parse({
    converters: {
      bundled: options.bundled ?? true,
      settings: options.settings ?? {},
      folders: Object.fromEntries(
        Object.entries(folders).map(([name, { approve }]) => [name, { path: name, approve: approve ?? 'manual' }]),
      ),
    },
  });
  const resolvePath = (path: string): string => join(home.path, path);
  const deps = {
    gate: options.gate ?? directGate,
    log: silentLogger,
    shipped: options.shipped ?? [],
    resolvePath,
  };
  return await openRegistry(deps, converters);
}

function statesOf(registry: Registry): readonly string[] {
  return registry.list().map(({ name, origin, trust, state }) => `${origin}/${name} ${trust} ${state}`);
}

describe('openRegistry()', () => {
  it('approves bundled converters and those of a private auto folder, and lets the others wait', async () => {
    const registry = await openWith(
      { dev: { approve: 'auto', converters: ['mine'] }, own: { converters: ['theirs'] } },
      { shipped: [makeShipped('wats')] },
    );

    expect(statesOf(registry)).toEqual([
      'bundled/wats bundled approved',
      'dev/mine own approved',
      'own/theirs own pending',
    ]);
  });

  it.runIf(uids !== null)('does not follow approve "auto" in a folder that a group may write', async () => {
    const registry = await openWith(
      { dev: { approve: 'auto', converters: ['mine'] } },
      { prepare: (home) => chmod(join(home, 'dev'), 0o775) },
    );

    expect(statesOf(registry)).toEqual(['dev/mine own pending']);
    expect(registry.list()).toMatchObject([
      {
        pending: {
          message: expect.stringContaining('others may write to the folder "dev"'),
          action: expect.stringContaining('chmod -R go-w'),
        },
      },
    ]);
  });

  it.runIf(uids !== null)('refuses a converter of an auto folder whose files a group may write', async () => {
    const registry = await openWith(
      { dev: { approve: 'auto', converters: ['mine'] } },
      { prepare: (home) => chmod(join(home, 'dev', 'mine', 'converter.ts'), 0o664) },
    );

    expect(registry.find('mine')).toMatchObject({ state: 'refused', findings: [{ code: 'file-writable' }] });
  });

  it('reserves the names of bundled converters, also while they are off', async () => {
    const folders = { own: { converters: ['wats'] } };
    const shipped = [makeShipped('wats')];

    expect(statesOf(await openWith(folders, { shipped }))).toEqual([
      'bundled/wats bundled approved',
      'own/wats own refused',
    ]);
    const withoutBundled = await openWith(folders, { shipped, bundled: false });
    expect(withoutBundled.list()).toMatchObject([
      { origin: 'own', state: 'refused', findings: [{ code: 'name-taken' }] },
    ]);
  });

  it('keeps the first of two converters with one name serving', async () => {
    const registry = await openWith({ one: { converters: ['mine'] }, two: { converters: ['mine'] } });

    expect(statesOf(registry)).toEqual(['one/mine own pending', 'two/mine own refused']);
    expect(registry.find('mine')).toMatchObject({ origin: 'one' });
  });

  it('refuses one converter with findings and keeps the others', async () => {
    const registry = await openWith(
      { own: { converters: ['good'] } },
      { prepare: (home) => writeConverter(join(home, 'own'), 'Bad_Name', { files: { 'converter.ts': '(' } }) },
    );

    expect(registry.list()).toMatchObject([
      { name: 'Bad_Name', state: 'refused', findings: [{ code: 'manifest', path: 'name' }] },
      { name: 'good', state: 'pending' },
    ]);
  });

  it('does not even read a converter that is switched off', async () => {
    const gate = { check: (): never => expect.unreachable() };

    const registry = await openWith(
      { own: { converters: ['mine'] } },
      { gate, settings: { mine: { enabled: false } } },
    );

    expect(statesOf(registry)).toEqual(['own/mine own disabled']);
  });

  it('gives a converter its settings, and defaults where there are none', async () => {
    const registry = await openWith({ own: { converters: ['a', 'b'] } }, { settings: { a: { priority: 2 } } });

    expect(registry.list().map(({ settings }) => settings.priority)).toEqual([2, 5]);
  });

  it('refuses a converter that could not be checked', async () => {
    const check = (): never => {
      throw new AirlockError('unavailable', 'Cannot check converter: the gate could not start a thread');
    };

    const registry = await openWith({ own: { converters: ['a'] } }, { gate: { check } });

    expect(registry.list()).toMatchObject([{ state: 'refused', findings: [{ code: 'gate-unavailable' }] }]);
  });

  it('serves bundled converters as they were shipped, without asking the gate', async () => {
    const gate = { check: (): never => expect.unreachable() };
    const shipped = makeShipped('wats');

    const registry = await openWith({}, { gate, shipped: [shipped], settings: { wats: { priority: 2 } } });

    expect(registry.list()).toEqual([
      {
        name: 'wats',
        origin: 'bundled',
        trust: 'bundled',
        settings: expect.objectContaining({ priority: 2 }),
        state: 'approved',
        checked: shipped,
      },
    ]);
  });

  it('disables a bundled converter that is switched off', async () => {
    const registry = await openWith({}, { shipped: [makeShipped('wats')], settings: { wats: { enabled: false } } });

    expect(statesOf(registry)).toEqual(['bundled/wats bundled disabled']);
  });

  it('asks the gate for more of a folder whose converters run without approval', async () => {
    const seen: unknown[] = [];
    const check: Gate['check'] = async (_folder, options) => {
      seen.push(options);
      return { kind: 'refused', findings: [] };
    };

    await openWith(
      { dev: { approve: 'auto', converters: ['mine'] }, own: { converters: ['theirs'] } },
      { gate: { check } },
    );

    expect(seen).toEqual([{ isPrivate: true }, { isPrivate: false }]);
  });

  it('has no converters when no folder exists', async () => {
    const registry = await openWith({});

    expect([registry.list(), registry.find('mine')]).toEqual([[], null]);
  });
});
