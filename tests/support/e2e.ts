// What the end-to-end tests share: sample submissions, destinations, reading JSON lines.

import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import type { Client } from '../../src/client/connect.ts';
import type { DeliveryState } from '../../src/core/states.ts';
import type { ResultOf } from '../../src/protocol/method-spec.ts';
import type { reportGet } from '../../src/protocol/methods/report-get.ts';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import type { TestHome } from './daemon.ts';

/** A canonical report as text; each serial number is another report. */
export function canonicalReport(serialNumber = 'SN-1'): string {
  return JSON.stringify({
    schema: 'airlock.report/1',
    kind: 'test',
    outcome: 'passed',
    unit: { partNumber: 'PN-1', serialNumber, revision: 'A' },
    process: { code: 10 },
    station: { name: 'S1', location: 'Hall 3', purpose: 'Test' },
    startedAt: '2026-11-21T08:15:03.120+01:00',
    root: { name: 'Main', kind: 'sequence', outcome: 'passed' },
  });
}

/** Where hostile converters are allowed to run although the machine may have no walls. */
export const CONVERTERS_AUTO: AirlockConfigInput = {
  converters: { folders: { own: { path: 'converters', approve: 'auto' } } },
  sandbox: { requireWalls: [] },
};

/** A `wats` destination at a sink on this machine; short waits, so that a test need not. */
export function watsAt(url: string, more: Readonly<Record<string, unknown>> = {}): AirlockConfigInput {
  return {
    destinations: {
      wats: {
        type: 'wats',
        url,
        token: { secret: 'wats-token' },
        allowHosts: ['127.0.0.1'],
        retry: { first: '100 ms', max: '400 ms', probe: '200 ms', maxRetryAfter: '1 s' },
        ...more,
      },
    },
  };
}

/** Put the destination's token where the daemon looks for it. */
export async function writeToken(home: TestHome, token = 'dG9rZW4tZm9yLXRlc3Rz'): Promise<void> {
  await mkdir(home.places.secrets, { recursive: true, mode: 0o700 });
  await writeFile(path.join(home.places.secrets, 'wats-token'), token, { mode: 0o600 });
}

/** Write a converter into the home's own folder. */
export async function writeOwnConverter(
  home: TestHome,
  name: string,
  options: { source: string; extension: string; manifest?: object },
): Promise<void> {
  const folder = path.join(home.places.converters, name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(home.places.converters, 0o700);
  const manifest = { name, version: '1.0.0', match: { extensions: [options.extension] }, ...options.manifest };
  await writeFile(path.join(folder, 'converter.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'converter.ts'), options.source);
}

/** Submit a text and answer its submission id. */
export async function submitText(client: Client, text: string, name = 'report.json'): Promise<string> {
  const answer = await client.call('report/submit', { name, content: text, idempotencyKey: randomUUID() });
  return answer.submissionId;
}

/** JSON documents of a command's stdout, one a line. */
export function documents(stdout: string): readonly Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Names of every submission that the daemon knows, sorted. */
export async function submissionNames(client: Pick<Client, 'call'>): Promise<readonly string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await client.call('submission/list', { limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    names.push(...page.items.map(({ name }) => name));
    if (page.nextCursor === undefined) return names.toSorted();
    cursor = page.nextCursor;
  }
}

/** Wait until a condition about a submission or report holds: asked again at each event, never on a timer. */
export async function until<T, Held extends T>(
  client: Client,
  ask: () => Promise<T>,
  holds: (value: T) => value is Held,
): Promise<Held>;
export async function until<T>(client: Client, ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T>;
export async function until<T>(client: Client, ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  await using subscription = await client.subscribe(['submission', 'report']);
  let value = await ask();
  if (holds(value)) return value;
  for await (const _event of subscription) {
    value = await ask();
    if (holds(value)) return value;
  }
  throw new Error(`the connection ended before the condition held: ${JSON.stringify(value)}`);
}

/** A report and its delivery to its one destination, as a caller sees them. */
export type DeliveryRow = ResultOf<typeof reportGet>['deliveries'][number] & { readonly reportId: string };

/** Wait until the report of a submission is in this state at its destination. */
export function untilDelivery(client: Client, submissionId: string, state: DeliveryState): Promise<DeliveryRow> {
  const ask = async (): Promise<DeliveryRow | null> => {
    const [first] = (await client.call('report/list', { submissionId })).items;
    if (first === undefined) return null;
    const { deliveries } = await client.call('report/get', { reportId: first.reportId });
    return deliveries[0] === undefined ? null : { ...deliveries[0], reportId: first.reportId };
  };
  return until(client, ask, (row): row is DeliveryRow => row?.state === state);
}
