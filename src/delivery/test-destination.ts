// Tries a destination out without sending a report: a file that comes and goes, or one authenticated question.

import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DestinationConfig, WatsDestinationConfig } from '../config/schema/destinations.ts';
import { assertNever } from '../core/assert-never.ts';
import { ensureDurableDirectory } from '../disk/durable-file.ts';
import { hideSecret, toAnswerText } from './answer-text.ts';
import { isCertificateCode } from './classify.ts';
import { type HttpFailure, makeHttpClient } from './http-request.ts';
import type { MakeSendDeps } from './make-send.ts';
import { readToken } from './wats.ts';

/** One thing that was tried. Messages name no path of this machine and no secret. */
export type TestStep = {
  readonly name: 'folder' | 'write' | 'secret' | 'resolve' | 'connect' | 'authenticate';
  readonly result: 'ok' | 'failed' | 'skipped';
  readonly message: string;
};

type TestDeps = Pick<MakeSendDeps, 'clock' | 'resolveSecret' | 'resolvePath' | 'resolve'>;

/** Asks for the server's version: the cheapest question of its interface that a token is needed for. */
const QUESTION_PATH = 'api/App/Version';
const UNRESOLVED: readonly string[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_NONAME'];

const ok = (name: TestStep['name'], message: string): TestStep => ({ name, result: 'ok', message });
const failed = (name: TestStep['name'], message: string): TestStep => ({ name, result: 'failed', message });
const skipped = (name: TestStep['name']): TestStep => ({
  name,
  result: 'skipped',
  message: 'not tried: the step before it failed',
});

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

async function writeAndRemove(root: string): Promise<void> {
  const file = join(root, `.airlock-test-${randomUUID()}`);
  try {
    await using handle = await open(file, 'wx', 0o600);
    await handle.writeFile('airlock destination test\n');
    await handle.sync();
  } finally {
    await rm(file, { force: true });
  }
}

async function testDirectory(root: string): Promise<readonly TestStep[]> {
  try {
    await ensureDurableDirectory(root);
  } catch (error) {
    return [failed('folder', `the folder cannot be made or used: ${codeOf(error)}`), skipped('write')];
  }
  const folder = ok('folder', 'the folder is there');
  try {
    await writeAndRemove(root);
    return [folder, ok('write', 'a file was written and removed again')];
  } catch (error) {
    return [folder, failed('write', `a file cannot be written: ${codeOf(error)}`)];
  }
}

function toQuestionUrl(url: string): URL {
  const base = new URL(url);
  return new URL(`${base.pathname.replace(/\/+$/u, '')}/${QUESTION_PATH}`, base.origin);
}

function describeFailure(failure: HttpFailure): readonly TestStep[] {
  const resolved = ok('resolve', 'the name has an address that may be used');
  switch (failure.kind) {
    case 'blocked': {
      const message = `${failure.why}; a private host must be named in allowHosts`;
      return [failed('resolve', message), skipped('connect'), skipped('authenticate')];
    }
    case 'timed_out': {
      const late = `no answer within ${failure.limitMs} ms`;
      return failure.limit === 'connect'
        ? [resolved, failed('connect', late), skipped('authenticate')]
        : [resolved, ok('connect', 'connected'), failed('authenticate', late)];
    }
    case 'failed': {
      if (UNRESOLVED.includes(failure.code))
        return [failed('resolve', `no address: ${failure.code}`), skipped('connect'), skipped('authenticate')];
      const what = isCertificateCode(failure.code) ? 'the certificate is not trusted' : 'the connection failed';
      return [resolved, failed('connect', `${what}: ${failure.code}`), skipped('authenticate')];
    }
    default:
      return assertNever(failure);
  }
}

function describeStatus(status: number, words: string | null): TestStep {
  const said = words === null ? '' : `: ${words}`;
  if (status >= 200 && status < 300) return ok('authenticate', `the server answered ${status}`);
  if (status === 401 || status === 403)
    return failed('authenticate', `the server does not accept the token, it answered ${status}${said}`);
  if (status === 404 || (status >= 300 && status < 400))
    return failed('authenticate', `the server answered ${status}: check the address${said}`);
  return failed('authenticate', `the server answered ${status}${said}`);
}

async function testWats(
  deps: TestDeps,
  config: WatsDestinationConfig,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly TestStep[]> {
  const token = await readToken(deps, config.token.secret);
  if ('kind' in token) {
    const message = 'error' in token ? token.error : 'the secret cannot be used';
    return [failed('secret', message), skipped('resolve'), skipped('connect'), skipped('authenticate')];
  }
  using client = makeHttpClient(deps, {
    url: toQuestionUrl(config.url),
    allowHosts: config.allowHosts,
    maxSockets: 1,
    connectMs: config.timeout.connect,
    idleMs: config.timeout.idle,
  });
  const headers = { Accept: 'application/json', Authorization: `Basic ${token.reveal()}` };
  const outcome = await client.post({ method: 'GET', headers, body: Buffer.alloc(0) }, { signal });
  const secret = ok('secret', `secret ${config.token.secret} is there`);
  if (outcome.kind !== 'answered') return [secret, ...describeFailure(outcome)];
  const { status, body } = outcome.answer;
  return [
    secret,
    ok('resolve', 'the name has an address that may be used'),
    ok('connect', 'connected'),
    describeStatus(status, toAnswerText(hideSecret(body, token))),
  ];
}

/**
 * Try a destination out, with its own limits of time and addresses; no report is sent and nothing stays behind.
 *
 * @param deps - As for uploads.
 * @returns Steps in the order they are taken; what comes after a failed one is `skipped`.
 * Rejects with `signal.reason` when aborted.
 */
export function testDestination(
  deps: TestDeps,
  config: DestinationConfig,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly TestStep[]> {
  switch (config.type) {
    case 'directory':
      return testDirectory(deps.resolvePath(config.path));
    case 'wats':
      return testWats(deps, config, { signal });
    default:
      return assertNever(config);
  }
}
