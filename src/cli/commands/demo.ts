// airlock demo: the whole way on sample files, through real processes, on a home that goes away.

import { globSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '../../client/connect.ts';
import { AirlockError } from '../../core/errors.ts';
import type { CliContext, Command } from '../context.ts';
import { connectWhenUp } from '../daemon-link.ts';
import { inboxPath, KEEP_CONFIG, watchInbox } from '../demo/keep.ts';
import { type PrivateDaemon, startPrivateDaemon } from '../demo/private-daemon.ts';
import { listSamples, type Sample } from '../demo/samples.ts';
import { runSteps } from '../demo/steps.ts';
import { faultsOf, type SampleLine, submitSamples } from '../demo/submit-samples.ts';
import { drawTable } from '../demo/table.ts';

const START_MS = 60_000;
const STOP_MS = 30_000;

const NEXT = `
What to try next
  npx airlock demo --keep               the same, with an inbox to drop your own files into
  npx airlock start                     a daemon of your own, in the background
  npx airlock submit FILE --wait        send it a file, and wait until its reports are delivered
  npx airlock status                    one screen about everything
  npx airlock doctor                    is this machine ready?`;

/** `isKept`: leave the daemon running until an interrupt. */
export type DemoArguments = { readonly isKept: boolean };

/** Report files that really lie in the folder where the `directory` destination writes. */
function countDelivered(daemon: PrivateDaemon): number {
  return globSync('*/*.json', { cwd: daemon.places.delivered }).length;
}

type Shown = { readonly lines: readonly SampleLine[]; readonly delivered: number; readonly faults: readonly string[] };

async function showSamples(
  context: CliContext,
  daemon: PrivateDaemon,
  samples: readonly Sample[],
): Promise<Shown & { readonly client: Client }> {
  let client: Client | undefined;
  let lines: readonly SampleLine[] = [];
  await runSteps(context.output, [
    {
      title: `Start a daemon on a temporary home, ${path.basename(daemon.places.home)}`,
      run: async () => {
        client = await connectWhenUp(context, { timeoutMs: START_MS });
      },
    },
    {
      title: `Send ${samples.length} sample files, convert them in sealed processes, deliver the reports to a folder`,
      run: async (tell) => {
        if (client !== undefined) lines = await submitSamples(client, samples, { signal: context.signal, tell });
      },
    },
  ]);
  if (client === undefined) throw new AirlockError('unavailable', 'Cannot run the demo: the daemon did not answer');
  const delivered = countDelivered(daemon);
  return { client, lines, delivered, faults: faultsOf(lines, delivered) };
}

function tell(
  { output }: CliContext,
  { lines, delivered, faults }: Shown,
  places: Readonly<Record<string, string>>,
): void {
  const files = lines.map(({ expected: _expected, ...line }) => line);
  if (output.isJson) output.document({ files, delivered, faults, ...places });
  output.line(`\n${drawTable(lines)}\n\n${delivered} reports delivered to the folder destination`);
  for (const fault of faults) output.note(`not as it should be: ${fault}`);
}

/** A daemon that was told to stop already, by the same Ctrl-C, needs not be told again. */
async function askToStop(client: Client): Promise<void> {
  try {
    await client.call('admin/shutdown', {});
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
  }
}

async function stayUntilInterrupted(context: CliContext, client: Client): Promise<void> {
  try {
    await watchInbox(client, context, { signal: context.signal });
  } catch (error) {
    // The interrupt is how this is ended, and the daemon's end with it; anything else is a failure.
    const isOver = context.signal.aborted || (error instanceof AirlockError && error.code === 'unavailable');
    if (!isOver) throw error;
  }
}

/** Exit 0 only if every step happened; the temporary home is removed in any case. */
export const demo: Command<DemoArguments> = async (context, { isKept }) => {
  const { output } = context;
  const samples = listSamples();
  await using daemon = await startPrivateDaemon(context.env, isKept ? KEEP_CONFIG : null);
  const inbox = inboxPath(daemon.places);
  const inside: CliContext = { ...context, env: {}, places: daemon.places, sameHome: [], key: null };
  output.line(`airlock ${context.version} demo`);
  try {
    const shown = await showSamples(inside, daemon, samples);
    await using client = shown.client;
    if (isKept) {
      tell(context, shown, { home: daemon.places.home, inbox, deliveredTo: daemon.places.delivered });
      await stayUntilInterrupted(inside, client);
    }
    await askToStop(client);
    const exitCode = await daemon.ended(STOP_MS);
    const faults = [...shown.faults, ...(exitCode === 0 ? [] : [`the daemon ended with exit code ${exitCode}`])];
    if (!isKept) tell(context, { ...shown, faults }, {});
    if (!isKept && faults.length === 0) output.line(`daemon stopped, its home is removed\n${NEXT}`);
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    if (!context.signal.aborted) output.note(daemon.lastWords());
    throw error;
  }
};
