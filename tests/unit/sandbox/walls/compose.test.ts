import { describe, expect, it } from 'vitest';
import { sandboxSchema } from '../../../../src/config/schema/sandbox.ts';
import type { ObservedWalls } from '../../../../src/sandbox/channel.ts';
import { readLibraries } from '../../../../src/sandbox/walls/bubblewrap.ts';
import { composeCommand, NO_TOOLS, type WallTools } from '../../../../src/sandbox/walls/compose.ts';
import { processMemoryBytes } from '../../../../src/sandbox/walls/limits.ts';
import { makeFilter } from '../../../../src/sandbox/walls/seccomp.ts';
import { toWallStates } from '../../../../src/sandbox/walls/states.ts';

const MIB = 1024 ** 2;
const files = { node: '/usr/bin/node', runner: '/opt/runner.cjs', addon: '/opt/ivm.node' };
const spec = { heapBytes: 64 * MIB, observe: false };
const FLAGS = ['--jitless', '--no-node-snapshot', '--max-old-space-size=64', '--v8-pool-size=1'];
const tools = {
  prlimit: '/usr/bin/prlimit',
  setpriv: '/usr/bin/setpriv',
  bubblewrap: { bwrap: '/usr/bin/bwrap', libraries: ['/lib/libc.so.6'], filter: makeFilter('x64') },
  namespaces: null,
};
const namespaces = {
  unshare: '/usr/bin/unshare',
  setpriv: '/usr/bin/setpriv',
  shell: '/usr/bin/sh',
  libraries: ['/lib/libc.so.6'],
};

describe('composeCommand()', () => {
  it('is the bare runner without tools, in exactly its environment', () => {
    expect(composeCommand(NO_TOOLS, files, spec)).toEqual({
      file: '/usr/bin/node',
      args: [...FLAGS, '/opt/runner.cjs', '/opt/ivm.node'],
      env: { TZ: 'UTC', LANG: 'C.UTF-8' },
      cwd: '/',
      fd3: null,
    });
  });

  it('puts limits outside of privileges, privileges outside of bubblewrap, and shows no path of the machine inside', () => {
    const { file, args, env, fd3 } = composeCommand(tools, files, spec);

    expect({ file, env }).toEqual({ file: '/usr/bin/prlimit', env: { TZ: 'UTC', LANG: 'C.UTF-8' } });
    expect(args.slice(0, 11)).toEqual([
      '--core=0',
      '--fsize=0',
      '--nofile=64',
      '--cpu=4500',
      `--data=${384 * MIB}`,
      '--',
      '/usr/bin/setpriv',
      '--no-new-privs',
      '--pdeathsig',
      'KILL',
      '--',
    ]);
    expect(args[11]).toBe('/usr/bin/bwrap');
    expect(args).toEqual(expect.arrayContaining(['--unshare-all', '--die-with-parent', '--remount-ro']));
    expect(args.slice(args.lastIndexOf('--') + 1)).toEqual(['/node', ...FLAGS, '/runner.cjs', '/isolated-vm.node']);
    expect([args[args.indexOf('--seccomp') + 1], fd3]).toEqual(['3', makeFilter('x64')]);
  });

  it('asks bubblewrap for no filter where there is none', () => {
    const { args, fd3 } = composeCommand({ ...tools, bubblewrap: { ...tools.bubblewrap, filter: null } }, files, spec);

    expect([args.includes('--seccomp'), fd3]).toEqual([false, null]);
  });

  it('takes unshare in the place of bubblewrap, and puts no path into the text of its script', () => {
    const { args, fd3 } = composeCommand({ ...tools, bubblewrap: null, namespaces }, files, spec);
    const script = args[args.indexOf('-c') + 1] ?? '';

    expect(args).toEqual(expect.arrayContaining(['/usr/bin/unshare', '--user', '--net', '--mount', '--pid']));
    expect(args).not.toContain('/usr/bin/bwrap');
    expect(fd3).toBeNull();
    for (const path of [...Object.values(files), ...namespaces.libraries]) expect(script).not.toContain(path);
    expect(args.slice(args.lastIndexOf('--') + 1)).toEqual(['/node', ...FLAGS, '/runner.cjs', '/isolated-vm.node']);
  });

  it('asks a runner to look around at the end of its arguments', () => {
    expect(composeCommand(NO_TOOLS, files, { ...spec, observe: true }).args.at(-1)).toBe('--observe');
  });
});

describe('readLibraries()', () => {
  it('reads resolved libraries and the loader, once each', () => {
    const text = [
      '\tlinux-vdso.so.1 (0x00007f)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
      '\tlibgone.so => not found',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)',
    ].join('\n');

    expect(readLibraries(text)).toEqual(['/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });
});

describe('toWallStates()', () => {
  const sealed: ObservedWalls = {
    canReadFiles: false,
    canWriteFiles: false,
    network: 'refused',
    canStartProcesses: false,
    networkInterfaces: ['lo'],
    dataBytes: processMemoryBytes(spec.heapBytes),
    fileBytes: 0,
    noNewPrivileges: null,
  };
  const names = (observed: ObservedWalls, given: WallTools = tools) =>
    toWallStates(given, observed, spec)
      .filter(({ active }) => active)
      .map(({ name }) => name);

  it('calls every wall active that a runner behind it could not get through', () => {
    expect(names(sealed)).toEqual(['network', 'files', 'seccomp', 'rlimits', 'privileges']);
  });

  it.each<[string, Partial<ObservedWalls>]>([
    ['network', { networkInterfaces: ['lo', 'eth0'] }],
    ['network', { network: 'reachable' }],
    ['files', { canReadFiles: true }],
    ['files', { canWriteFiles: true }],
    ['seccomp', { network: 'unreachable' }],
    ['seccomp', { canStartProcesses: true }],
    ['rlimits', { dataBytes: processMemoryBytes(spec.heapBytes) + 1 }],
    ['rlimits', { fileBytes: 1 }],
    ['privileges', { noNewPrivileges: false }],
  ])('does not call %s active for a runner that saw %j', (name, seen) => {
    expect(names({ ...sealed, ...seen })).not.toContain(name);
  });

  it('names unshare where bubblewrap is not there, and no filter then', () => {
    const states = toWallStates({ ...tools, bubblewrap: null, namespaces }, sealed, spec);

    expect(states.slice(0, 3)).toEqual([
      { name: 'network', active: true, detail: 'unshare' },
      { name: 'files', active: true, detail: 'unshare' },
      { name: 'seccomp', active: false, detail: 'bubblewrap is not installed, or does not run here' },
    ]);
  });

  it('calls no wall active without its tool, whatever a runner saw', () => {
    expect(names(sealed, NO_TOOLS)).toEqual([]);
  });

  it('has a line for every wall that the configuration can require', () => {
    const wanted = sandboxSchema.parse({ requireWalls: toWallStates(NO_TOOLS, sealed, spec).map(({ name }) => name) });

    expect(wanted.requireWalls).toHaveLength(7);
  });
});
