// A report whose answer is too large for one message, in a daemon that keeps it.

import type { AirlockConfigInput } from '../../src/config/schema/root.ts';
import type { TestHome } from './daemon.ts';
import { canonicalReport, submitText, until, watsAt, writeToken } from './e2e.ts';

/** Bytes of an inline submission, and of the largest result that goes into one message. Source: protocol.md 8. */
const INLINE_BYTES = 131_072;

/**
 * Prepare a home whose reports stay: nobody answers at their destination, and a delivered one keeps no body.
 *
 * @param more - More of the configuration.
 */
export async function keepReports(home: TestHome, more: AirlockConfigInput = {}): Promise<void> {
  await home.configure({ ...watsAt('http://127.0.0.1:1'), ...more });
  await writeToken(home);
}

/** Submit a report that is as large as fits inline; answers its id once it is converted. `report/get` of it is a stream. */
export async function submitLargeReport(home: TestHome): Promise<string> {
  await using client = await home.connect();
  const report = JSON.parse(canonicalReport('LARGE'));
  const step = (size: number): unknown => ({ name: 'x'.repeat(size), kind: 'action', outcome: 'passed' });
  const textOf = (steps: readonly unknown[]): string => JSON.stringify({ ...report, root: { ...report.root, steps } });
  const steps = Array.from({ length: 900 }, () => step(90));
  const room = INLINE_BYTES - textOf([...steps, step(1)]).length;
  const text = textOf([...steps, step(1 + Math.min(90, Math.max(0, room)))]);
  const submissionId = await submitText(client, text);
  const { reports } = await until(
    client,
    () => client.call('submission/get', { submissionId }),
    (submission) => submission.reports.length > 0,
  );
  return reports[0]?.id ?? '';
}
