// A stand-in daemon for one test: starts a pool, gets a runner stuck in a built-in, says where, and waits to be killed.

import { body, makeJob, makeTaken, startTestPool } from './sandbox.ts';

const { pool, folder } = await startTestPool();
const stuck = makeJob(body("host.log(0, 'stuck'); [].indexOf.call({ length: 2 ** 53 - 1 }, 1)"), {
  limits: { wall: 60_000, cpu: 60_000 },
});
const sink = { ...makeTaken().sink, log: () => void process.stdout.write(folder) };
await pool.convert(stuck, sink, { signal: new AbortController().signal });
