// Answers converter/list.

import type { Registry } from '../conversion/registry.ts';
import type { Handler } from '../protocol/handler.ts';
import type { converterList } from '../protocol/methods/converter-list.ts';
import { toConverter } from './converter-rows.ts';

/** As they were found at start. */
export const handleConverterList: Handler<typeof converterList, { registry: Pick<Registry, 'list'> }> = ({
  registry,
}) => Promise.resolve({ items: registry.list().map(toConverter) });
