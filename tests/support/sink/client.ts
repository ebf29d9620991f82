// Starts and steers the sink program.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SinkMode, SinkRequest } from './modes.ts';

/** A running sink. */
export type Sink = AsyncDisposable & {
  readonly port: number;
  /** `http://127.0.0.1:<port>`, or `https:` with `tls`. */
  readonly url: string;
  /** How the next requests are answered, in order; the last mode stays. */
  readonly setMode: (...modes: readonly SinkMode[]) => Promise<void>;
  /** Every request so far, in order. */
  readonly requests: () => Promise<readonly SinkRequest[]>;
  /** What came of the body of each of them, as text. */
  readonly bodies: () => Promise<readonly string[]>;
};

/** Options of {@link startSink}. */
export type StartSinkOptions = { readonly mode?: SinkMode; readonly tls?: boolean };

const PROGRAM = fileURLToPath(new URL('./server.ts', import.meta.url));

/**
 * Start a sink in a process of its own; it ends with its owner.
 *
 * @param options - First mode (default `id`), and whether it speaks TLS with a certificate that nobody trusts.
 */
export async function startSink({ mode = { kind: 'id' }, tls = false }: StartSinkOptions = {}): Promise<Sink> {
  const child = spawn(process.execPath, [PROGRAM, '--mode', JSON.stringify(mode), ...(tls ? ['--tls'] : [])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    exited.then(() => Promise.reject(new Error('Cannot start sink: it ended'))),
  ]);
  const { port, controlPort } = JSON.parse(String(line)) as { readonly port: number; readonly controlPort: number };
  const controlUrl = `http://127.0.0.1:${controlPort}`;
  return {
    port,
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    setMode: async (...modes) => {
      await fetch(`${controlUrl}/modes`, { method: 'PUT', body: JSON.stringify(modes) });
    },
    requests: async () => (await (await fetch(`${controlUrl}/requests`)).json()) as readonly SinkRequest[],
    bodies: async () => (await (await fetch(`${controlUrl}/bodies`)).json()) as readonly string[],
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
