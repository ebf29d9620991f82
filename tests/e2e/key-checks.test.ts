import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ensurePrivateDirectory } from '../../src/disk/private-directory.ts';
import { ensureKeys } from '../../src/link/keys.ts';
import { makeTestHome, type TestHome } from '../support/daemon.ts';
import { documents } from '../support/e2e.ts';

const isRoot = process.getuid?.() === 0;

type Spoiled = { readonly keys: string; readonly file: string };
type Spoil = (spoiled: Spoiled, home: TestHome) => Promise<unknown>;
/** What is wrong, how it comes about, the check that finds it, and the command that mends it. */
type Row = readonly [string, Spoil, string, (spoiled: Spoiled) => string];

async function change(file: string, from: string | RegExp, to: string): Promise<void> {
  await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
}

/** A socket stays behind when its server is closed without unlinking: bound here, renamed, closed. */
async function leaveSocket(file: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${file}.live`, resolve));
  await rename(`${file}.live`, file);
  await new Promise((resolve) => server.close(resolve));
}

const moveAway = ({ file }: Spoiled): string => `mv '${file}' '${file}.old'`;
const ROWS: readonly Row[] = [
  [
    'a key file that the group may read',
    ({ file }) => chmod(file, 0o640),
    'private_mode found mode 0640 instead of 0600',
    ({ file }) => `chmod 600 '${file}'`,
  ],
  [
    'a key file that others may write',
    ({ file }) => chmod(file, 0o602),
    'private_mode found mode 0602',
    ({ file }) => `chmod 600 '${file}'`,
  ],
  [
    'a link in place of a key file',
    async ({ file }) => (await rename(file, `${file}.real`), await symlink(`${file}.real`, file)),
    'real_file found a symbolic link',
    ({ file }) => `rm '${file}'`,
  ],
  [
    'a folder in place of a key file',
    async ({ file }) => (await rm(file), await mkdir(file)),
    'real_file found something that is no file',
    moveAway,
  ],
  [
    'a FIFO in place of a key file',
    async ({ file }) => (await rm(file), spawnSync('mkfifo', ['-m', '600', file])),
    'real_file found something that is no file',
    moveAway,
  ],
  [
    'a socket in place of a key file',
    async ({ file }) => (await rm(file), await leaveSocket(file)),
    'real_file found something that is no file',
    moveAway,
  ],
  ['an empty key file', ({ file }) => writeFile(file, ''), 'key_content found no JSON object with v = 1', moveAway],
  ['a key file of 4,097 bytes', async ({ file }) => change(file, /$/, ' '.repeat(4097)), 'key_size found', moveAway],
  [
    'a key of another version',
    ({ file }) => change(file, '"v": 1', '"v": 2'),
    'key_content found no JSON object with v = 1',
    moveAway,
  ],
  [
    'a file under another name than its key',
    ({ file }) => change(file, '"kid": "submit"', '"kid": "other"'),
    'key_content found the id of another key',
    moveAway,
  ],
  [
    'a short key',
    ({ file }) => change(file, /"key": "./, '"key": "'),
    'key_content found no key of 32 bytes',
    moveAway,
  ],
  [
    'an unknown scope',
    ({ file }) => change(file, '"submit"\n', '"root"\n'),
    'key_content found no list of scopes',
    moveAway,
  ],
  [
    'a folder of keys that others may enter',
    ({ keys }) => chmod(keys, 0o711),
    'private_mode found mode 0711 instead of 0700',
    ({ keys }) => `chmod 700 '${keys}'`,
  ],
  [
    'a link in place of the folder of keys',
    async ({ keys }) => (await rename(keys, `${keys}.real`), await symlink(`${keys}.real`, keys)),
    'real_directory found a symbolic link',
    ({ keys }) => `rm '${keys}'`,
  ],
  [
    'a file in place of the folder of keys',
    async ({ keys }) => (await rm(keys, { recursive: true }), await writeFile(keys, '')),
    'real_directory found something that is no folder',
    ({ keys }) => `mv '${keys}' '${keys}.old'`,
  ],
];
const ROOT_ROWS: readonly Row[] = [
  [
    'a key file of another user',
    ({ file }) => chown(file, 1, 1),
    'own_user found user id 1 instead of 0',
    ({ file }) => `chown 0 '${file}'`,
  ],
  [
    'a folder of keys of another user',
    ({ keys }) => chown(keys, 1, 1),
    'own_user found user id 1 instead of 0',
    ({ keys }) => `chown 0 '${keys}'`,
  ],
];

async function refusal(spoil: Spoil): Promise<
  Spoiled & {
    readonly exitCode: number | null;
    readonly error: unknown;
    readonly secret: string;
    readonly said: string;
  }
> {
  await using home = await makeTestHome();
  const { keys } = home.places;
  await ensurePrivateDirectory(keys);
  const made = await ensureKeys({ random: randomBytes, nowUnixMs: Date.now }, keys);
  const spoiled = { keys, file: path.join(keys, 'submit.json') };
  await spoil(spoiled, home);

  const { exitCode, stdout, stderr } = await home.airlock(['run', '--json']);

  const secret = made.find(({ kid }) => kid === 'submit')?.secret.reveal() ?? '';
  return { ...spoiled, exitCode, error: documents(stdout)[0]?.['error'], secret, said: stdout + stderr };
}

it.each(ROWS)('%s refuses the start, with the check and the command that mends it', async (_, spoil, found, mend) => {
  const end = await refusal(spoil);

  expect(end.exitCode).toBe(75);
  expect(end.error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(`check ${found}`) });
  expect(end.said).toContain(`mend it with: ${mend(end)}`);
  expect(end.said).not.toContain(end.secret.slice(1));
});

it.runIf(isRoot).each(ROOT_ROWS)(
  '%s refuses the start, with the check and the command that mends it (needs root)',
  async (_, spoil, found, mend) => {
    const end = await refusal(spoil);

    expect(end.exitCode).toBe(75);
    expect(end.error).toMatchObject({ code: 'unavailable', message: expect.stringContaining(`check ${found}`) });
    expect(end.said).toContain(`mend it with: ${mend(end)}`);
  },
);
