// A stand-in daemon for one test: starts a pool, gets a runner stuck in a built-in, says where, and waits to be killed.

import process from 'node:process';
import { findAddon } from '../../src/sandbox/addon.ts';
import { findTools } from '../../src/sandbox/walls/probe.ts';
import { body, makeJob, makeTaken, startTestPool } from './sandbox.ts';

const tools = await findTools({ node: process.execPath, runner: '', addon: await findAddon() });
const fewer = {
  'no-bubblewrap': { ...tools, bubblewrap: null },
  'no-namespaces': { ...tools, bubblewrap: null, namespaces: null },
};
const chosen = Object.entries(fewer).find(([name]) => name === process.argv[2])?.[1] ?? tools;
const { pool, folder } = await startTestPool({ tools: chosen });
const stuck = makeJob(body("host.log(0, 'stuck'); [].indexOf.call({ length: 2 ** 53 - 1 }, 1)"), {
  limits: { wall: 60_000, cpu: 60_000 },
});
const sink = { ...makeTaken().sink, log: () => void process.stdout.write(folder) };
await pool.convert(stuck, sink, { signal: new AbortController().signal });
