import { describe, expect, it } from 'vitest';
import { readLibraries } from '../../../../src/sandbox/walls/bubblewrap.ts';
import { composeCommand, NO_TOOLS } from '../../../../src/sandbox/walls/compose.ts';
import { processMemoryBytes } from '../../../../src/sandbox/walls/limits.ts';
import { toWallStates } from '../../../../src/sandbox/walls/states.ts';

const MIB = 1024 ** 2;
const files = { node: '/usr/bin/node', runner: '/opt/runner.cjs', addon: '/opt/ivm.node' };
const spec = { heapBytes: 64 * MIB, observe: false };
const FLAGS = ['--jitless', '--no-node-snapshot', '--max-old-space-size=64', '--v8-pool-size=1'];
const tools = {
  prlimit: '/usr/bin/prlimit',
  setpriv: '/usr/bin/setpriv',
  bubblewrap: { bwrap: '/usr/bin/bwrap', libraries: ['/lib/libc.so.6'] },
};

describe('composeCommand()', () => {
  it('is the bare runner without tools, in exactly its environment', () => {
    expect(composeCommand(NO_TOOLS, files, spec)).toEqual({
      file: '/usr/bin/node',
      args: [...FLAGS, '/opt/runner.cjs', '/opt/ivm.node'],
      env: { TZ: 'UTC', LANG: 'C.UTF-8' },
      cwd: '/',
    });
  });

  it('puts limits outside of privileges, privileges outside of bubblewrap, and shows no path of the machine inside', () => {
    const { file, args, env } = composeCommand(tools, files, spec);

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
  const sealed = {
    canReadFiles: false,
    networkInterfaces: ['lo'],
    dataBytes: processMemoryBytes(spec.heapBytes),
    fileBytes: 0,
    noNewPrivileges: null,
  };
  const names = (observed: typeof sealed | (Omit<typeof sealed, 'noNewPrivileges'> & { noNewPrivileges: boolean })) =>
    toWallStates(tools, observed, spec)
      .filter(({ active }) => active)
      .map(({ name }) => name);

  it('calls a wall active only when a runner behind it saw that it holds', () => {
    expect(names(sealed)).toEqual(['network', 'files', 'rlimits', 'privileges']);
    expect(names({ ...sealed, networkInterfaces: ['lo', 'eth0'] })).not.toContain('network');
    expect(names({ ...sealed, canReadFiles: true })).not.toContain('files');
    expect(names({ ...sealed, dataBytes: sealed.dataBytes + 1 })).not.toContain('rlimits');
    expect(names({ ...sealed, fileBytes: 1 })).not.toContain('rlimits');
    expect(names({ ...sealed, noNewPrivileges: false })).not.toContain('privileges');
  });

  it('calls no wall active without its tool, whatever a runner saw', () => {
    expect(toWallStates(NO_TOOLS, sealed, spec).filter(({ active }) => active)).toEqual([]);
  });
});
