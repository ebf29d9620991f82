// airlock beside other ways to call on one machine, on the same work and the same layout of processes: a ping, and calls of 1 KiB with
// 16 in flight. airlock's are the only ones that prove both sides, check schemas and limits, and keep deadlines. Run in turns; the
// figures are medians.

import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openBenchLink } from './link-client.ts';
import { KIB_TEXT, latencyUs, makeRawEcho, perSecond } from './echo.ts';
import type { Peer } from './peers/peer.ts';
import { median } from './support.ts';

const ROUNDS = 5;
const NAMES = ['vscode-jsonrpc', 'node-ipc-default'] as const;
const script = path.join(import.meta.dirname, 'peers', 'asyncio_peer.py');

/** Both figures of one way of calling. */
type Figures = { readonly pingUs: number; readonly callsPerSecond: number };
type Measure = () => Promise<Figures>;

const load = async (name: string): Promise<Peer> => {
  const { peer } = (await import(`./peers/${name}.ts`)) as { readonly peer: Peer };
  return peer;
};

async function startPeer(name: string, socket: string): Promise<ChildProcess> {
  const child = fork(import.meta.filename, ['serve', name, socket]);
  await once(child, 'message');
  return child;
}

async function startPython(socket: string): Promise<ChildProcess> {
  const child = spawn('python3', [script, 'serve', socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function measureAll(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'airlock-peers-'));
  const at = (name: string): string => path.join(folder, `${name}.sock`);
  const children: ChildProcess[] = [];
  const ways = new Map<string, Measure>();
  await using link = await openBenchLink();
  const raw = makeRawEcho(connectSocket(link.raw));
  const [small, kib] = [Buffer.alloc(84, 'x'), Buffer.alloc(1100, 'x')];
  ways.set('node:net', async () => ({
    pingUs: await latencyUs(() => raw(small)),
    callsPerSecond: await perSecond(() => raw(kib)),
  }));
  ways.set('airlock', async () => ({
    pingUs: await latencyUs(link.ping),
    callsPerSecond: await perSecond(() => link.echo(KIB_TEXT)),
  }));
  for (const name of NAMES) {
    children.push(await startPeer(name, at(name)));
    const client = await (await load(name)).connect(at(name));
    ways.set(name, async () => ({
      pingUs: await latencyUs(client.ping),
      callsPerSecond: await perSecond(() => client.echo(KIB_TEXT)),
    }));
  }
  children.push(await startPython(at('python')));
  ways.set('python asyncio', () =>
    Promise.resolve(
      JSON.parse(execFileSync('python3', [script, 'measure', at('python')], { encoding: 'utf8' })) as Figures,
    ),
  );
  const rounds: ReadonlyMap<string, Figures>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const figures = new Map<string, Figures>();
    for (const [name, measure] of ways) figures.set(name, await measure());
    rounds.push(figures);
  }
  for (const name of ways.keys()) {
    const of = (pick: (figures: Figures) => number): number =>
      median(rounds.flatMap((figures) => [figures.get(name)].flatMap((one) => (one === undefined ? [] : [pick(one)]))));
    const ratio = (pick: (figures: Figures) => number): number =>
      median(
        rounds.flatMap((figures) => {
          const [one, limit] = [figures.get(name), figures.get('node:net')];
          return one === undefined || limit === undefined ? [] : [pick(one) / pick(limit)];
        }),
      );
    const ping = (figures: Figures): number => figures.pingUs;
    const calls = (figures: Figures): number => figures.callsPerSecond;
    console.log(
      JSON.stringify({
        way: name,
        pingUs: Number(of(ping).toFixed(1)),
        pingRatio: Number(ratio(ping).toFixed(2)),
        callsPerSecond: Math.round(of(calls)),
        callsRatio: Number(ratio(calls).toFixed(2)),
      }),
    );
  }
  for (const child of children) child.kill();
  await rm(folder, { recursive: true });
  process.exit();
}

const [task, name = '', socket = ''] = process.argv.slice(2);
if (task === 'serve') {
  await (await load(name)).serve(socket);
  process.on('disconnect', () => process.exit());
  process.send?.('ready');
} else await measureAll();
