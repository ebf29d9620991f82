// A small program that takes files in for ever and prints the id of each one that was acknowledged; it is killed by its test.

import { systemClock } from '../../src/core/clock.ts';
import { toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openStore } from '../../src/store/open.ts';

const [directory = '', run = ''] = process.argv.slice(2);
const PRODUCERS = 8;

const store = await openStore(
  { directory, clock: systemClock, log: silentLogger },
  { maxItems: 0, receipts: { keep: 86_400_000, count: 1_000 }, idempotencyMs: 86_400_000 },
);
process.stdout.write('open\n');

async function produce(producer: number): Promise<never> {
  for (let n = 0; ; n += 1) {
    const text = `${run} ${producer} ${n}\n`.repeat(20);
    const outcome = await store.accept({
      kid: toKeyId('station'),
      idempotencyKey: `${run}-${producer}-${n}`,
      name: `${n}.csv`,
      body: { kind: 'inline', bytes: Buffer.from(text) },
      companions: [],
      origin: null,
      converter: null,
      arguments: {},
      priority: 5,
      group: null,
    });
    if (outcome.kind === 'accepted') process.stdout.write(`${outcome.submissionId} ${outcome.sha256}\n`);
  }
}

await Promise.all(Array.from({ length: PRODUCERS }, (_none, producer) => produce(producer)));
