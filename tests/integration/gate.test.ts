import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type Gate, openGate } from '../../src/gate/open.ts';
import { writeConverter } from '../support/converter-folder.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';

const gate: Gate = openGate({ clock: systemClock, log: silentLogger });

async function checkSource(source: string) {
  await using home = await makeTemporaryFolder();
  return await gate.check(await writeConverter(home.path, 'acme', { files: { 'converter.ts': source } }));
}

describe('Gate.check()', () => {
  it('gives a verdict from a worker of its own', async () => {
    await using home = await makeTemporaryFolder();

    const verdict = await gate.check(await writeConverter(home.path, 'acme'));

    expect(verdict).toMatchObject({ kind: 'passed', converter: { manifest: { name: 'acme' } } });
  });

  it.each([
    ['that breaks the TypeScript parser', '('.repeat(5_000)],
    ['that needs more time than there is', 'a;'.repeat(500_000)],
    ['nested deeper than the stack', `export default ${'['.repeat(400_000)}${']'.repeat(400_000)};`],
  ])('refuses a source %s with the finding syntax', async (_what, source) => {
    const verdict = await checkSource(source);

    expect(verdict).toMatchObject({ kind: 'refused', findings: [{ code: 'syntax', file: 'converter.ts' }] });
  });

  it('checks the next converter as if nothing had happened', async () => {
    const [broken, sound] = [await checkSource('('.repeat(5_000)), await checkSource('export default 1;')];

    expect([broken.kind, sound.kind]).toEqual(['refused', 'passed']);
  });

  it('refuses a manifest that asks for more than there is for a converter of that name', async () => {
    await using home = await makeTemporaryFolder();
    const ceilingsOf = (name: string) => ({ wall: name === 'acme' ? 30_000 : 60_000 });
    const strict = openGate({ clock: systemClock, log: silentLogger, ceilingsOf });
    const manifest = { limits: { wall: '31 s' } };

    const refused = await strict.check(await writeConverter(home.path, 'acme', { manifest }));
    const passed = await strict.check(await writeConverter(home.path, 'other', { manifest }));

    expect(refused).toMatchObject({ kind: 'refused', findings: [{ code: 'limit-too-high', file: 'converter.json' }] });
    expect(passed.kind).toBe('passed');
  });

  it('rejects with the reason of its signal', async () => {
    await using home = await makeTemporaryFolder();
    const folder = await writeConverter(home.path, 'acme');
    const abort = new AbortController();

    const checking = gate.check(folder, { signal: abort.signal });
    abort.abort(new Error('enough'));

    await expect(checking).rejects.toThrow('enough');
  });
});
