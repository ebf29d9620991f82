// Answers converter/get.

import type { Registry } from '../conversion/registry.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { converterGet } from '../protocol/methods/converter-get.ts';
import { toConverter } from './converter-rows.ts';

/** @throws {AirlockError} not_found. */
export const handleConverterGet: Handler<typeof converterGet, { registry: Pick<Registry, 'find'> }> = async (
  { registry },
  { name },
) => {
  const converter = registry.find(name);
  if (converter === null)
    throw new AirlockError('not_found', `Cannot show converter ${name}: there is none of that name`);
  return toConverter(converter);
};
