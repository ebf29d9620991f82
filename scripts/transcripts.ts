// Records the golden transcripts: `node scripts/transcripts.ts`. What differs from what is there is a change of the protocol.

import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { playSteps } from '../tests/support/golden/play.ts';
import { SCENARIOS } from '../tests/support/golden/scenarios.ts';
import { makeGoldenStores } from '../tests/support/golden/stores.ts';
import { transcriptFolder, writeTranscript } from '../tests/support/golden/transcript.ts';

mkdirSync(transcriptFolder, { recursive: true });
for (const old of globSync('*.jsonl', { cwd: transcriptFolder })) rmSync(path.join(transcriptFolder, old));
await using stores = makeGoldenStores();
for (const scenario of SCENARIOS) {
  const { name } = scenario.meta;
  const text = writeTranscript(await playSteps(scenario, stores));
  writeFileSync(path.join(transcriptFolder, `${name}.jsonl`), text);
  process.stdout.write(`${name}\n`);
}
