// A machine in a folder, with a system service and people of groups: processes under other users by setpriv. Needs root.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AirlockConfigInput } from '../../src/config/schema/root.ts';

/** Changes user and groups. A name of its own: it is no package of this project. */
export const SETPRIV: string = 'setpriv';

/** A program of this folder. */
export const program = (name: string): string => path.resolve(import.meta.dirname, name);

/** Somebody: a user, and the groups that user is in. */
export type Person = { readonly uid: number; readonly gids: readonly number[] };

/** Arguments of setpriv for a program that is to run as somebody. */
export const as = ({ uid, gids }: Person): readonly string[] => [
  '--reuid',
  String(uid),
  '--regid',
  String(uid),
  ...(gids.length === 0 ? ['--clear-groups'] : ['--groups', gids.join(',')]),
];

/** A machine in a folder: homes, /run/airlock and /etc/airlock. */
export class Machine implements AsyncDisposable {
  readonly root = mkdtempSync(path.join(tmpdir(), 'airlock-test-'));
  readonly home = path.join(this.root, 'home');
  readonly run = path.join(this.root, 'run', 'airlock');
  readonly etc = path.join(this.root, 'etc');
  readonly keys = path.join(this.etc, 'keys');
  readonly service: Person;
  #daemon: ChildProcess | null = null;
  #log = '';

  constructor(service: Person) {
    this.service = service;
    chmodSync(this.root, 0o755);
    for (const folder of [this.home, path.dirname(this.run), this.etc, this.run, this.keys]) mkdirSync(folder);
    // As systemd and `service install` make them.
    for (const folder of [this.home, this.run, this.keys]) chownSync(folder, service.uid, service.uid);
    chmodSync(this.home, 0o700);
    writeFileSync(path.join(this.etc, 'service.json'), JSON.stringify({ uid: service.uid }));
  }

  configure(config: AirlockConfigInput): void {
    const file = path.join(this.home, 'config.jsonc');
    writeFileSync(file, JSON.stringify({ sandbox: { requireWalls: [] }, ...config }), { mode: 0o600 });
    chownSync(file, this.service.uid, this.service.uid);
  }

  /** Start, and wait until it is ready or has ended. */
  async start(): Promise<string> {
    const argv = [...as(this.service), process.execPath, program('service-daemon.ts'), this.home, this.root];
    const child = spawn(SETPRIV, argv, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', HOME: '/' },
    });
    this.#daemon = child;
    this.#log = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const ended = once(child, 'close');
    while (!this.#log.includes('"ready"') && (await Promise.race([ended, delay(25)])) === undefined);
    return this.#log;
  }

  async stop(): Promise<void> {
    const child = this.#daemon;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** What somebody gets who asks for the service. */
  async ask(person: Person, { mode = 'own', key }: { mode?: 'own' | 'named'; key?: string } = {}): Promise<unknown> {
    const own = path.join(this.root, `home-${person.uid}`);
    mkdirSync(own, { recursive: true, mode: 0o700 });
    chownSync(own, person.uid, person.uid);
    const argv = [...as(person), process.execPath, program('service-client.ts'), own, this.root, mode];
    const child = spawn(SETPRIV, [...argv, ...(key === undefined ? [] : [key])], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] ?? '', HOME: '/' },
    });
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await once(child, 'close');
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true });
  }
}
