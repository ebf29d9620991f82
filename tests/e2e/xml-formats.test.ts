// XML files of test runners and of TestStand, through the real program: chosen by their content, read whole or refused with a place.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestHome } from '../support/daemon.ts';
import { documents } from '../support/e2e.ts';
import { shareDaemon } from '../support/shared-daemon.ts';

const root = path.resolve(import.meta.dirname, '../..');
const fixture = (name: string): string => readFileSync(path.join(root, 'converters', name), 'utf8');
const JUNIT = fixture('junit-xml/fixtures/surefire-reruns.in.xml');
const TESTSTAND = fixture('ni-teststand-xml/fixtures/with-wats.in.xml');

async function submit(home: TestHome, stdin: string, ...more: string[]) {
  const { exitCode, stdout } = await home.airlock(['submit', '-', '--name', 'a.xml', '--wait', '--json', ...more], {
    stdin,
  });
  return { exitCode, line: documents(stdout)[0] };
}

describe('airlock submit of XML', () => {
  const shared = shareDaemon();

  it('tells JUnit from TestStand, and takes identity from an argument', async () => {
    const junit = await submit(shared.home, JUNIT, '--arg', 'serialNumber=SN-9');
    const teststand = await submit(shared.home, TESTSTAND);
    const all = globSync('*/*.json', { cwd: shared.home.places.delivered }).map((name): Record<string, unknown> => {
      return JSON.parse(readFileSync(path.join(shared.home.places.delivered, name), 'utf8'));
    });

    expect([junit, teststand]).toMatchObject([
      { exitCode: 0, line: { state: 'converted', converter: { name: 'junit-xml' } } },
      { exitCode: 0, line: { state: 'converted', converter: { name: 'ni-teststand-xml' } } },
    ]);
    expect(all).toHaveLength(2);
    expect(all).toContainEqual(
      expect.objectContaining({
        outcome: 'error',
        unit: expect.objectContaining({ serialNumber: 'SN-9' }),
      }),
    );
  });

  it('rejects a file that is cut off, with its line', async () => {
    const { exitCode, line } = await submit(shared.home, JUNIT.slice(0, JUNIT.indexOf('<skipped')));

    expect(exitCode).toBe(65);
    expect(line).toMatchObject({ state: 'rejected', converter: { name: 'junit-xml' } });
    expect(JSON.stringify(line)).toContain('the XML is not well-formed');
  });

  it('rejects a file with entities of its own', async () => {
    const { exitCode, line } = await submit(
      shared.home,
      `<!DOCTYPE testsuite [<!ENTITY x SYSTEM "file:///etc/passwd">]>${JUNIT}`,
    );

    expect(exitCode).toBe(65);
    expect(line).toMatchObject({ state: 'rejected' });
  });
});
