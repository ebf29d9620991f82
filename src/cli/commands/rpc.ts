// airlock rpc, describe: any method from the shell, and the protocol's own description.

import { AirlockError } from '../../core/errors.ts';
import { METHODS, type MethodName } from '../../protocol/registry.ts';
import type { Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';
import { toJsonText } from '../output.ts';

/** `params`: JSON text of an object. */
export type RpcArguments = { readonly method: string; readonly params: string };

function toMethod(name: string): MethodName {
  if (Object.hasOwn(METHODS, name)) return name as MethodName;
  throw new AirlockError(
    'unknown_method',
    `Cannot call ${name}: there is no such method; airlock describe names them all`,
  );
}

function toParams(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new AirlockError('usage', "Cannot read the params: write a JSON object such as '{}'");
}

/** Prints the result as one JSON object, with `--json` as a document. The daemon checks the params. */
export const rpc: Command<RpcArguments> = async (context, { method, params }) => {
  const name = toMethod(method);
  const input = toParams(params);
  await using client = await connectDaemon(context);
  // Trust: the daemon validates the params; here they are only passed on.
  const result: object = await client.call(name, input, patiently(context));
  if (context.output.isJson) context.output.document({ ...result });
  context.output.line(toJsonText(result, 2));
  return 0;
};
