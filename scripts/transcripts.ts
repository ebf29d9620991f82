// Records the golden transcripts: `node scripts/transcripts.ts`. What differs from what is there is a change of the protocol.

import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { playSteps } from '../tests/support/golden/play.ts';
import { SCENARIOS } from '../tests/support/golden/scenarios.ts';
import { transcriptFolder, writeTranscript } from '../tests/support/golden/transcript.ts';

mkdirSync(transcriptFolder, { recursive: true });
for (const old of globSync('*.jsonl', { cwd: transcriptFolder })) rmSync(path.join(transcriptFolder, old));
for (const { meta, steps } of SCENARIOS) {
  const text = writeTranscript(await playSteps(meta, steps));
  writeFileSync(path.join(transcriptFolder, `${meta.name}.jsonl`), text);
  process.stdout.write(`${meta.name}\n`);
}
