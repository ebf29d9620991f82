// airlock version.

import type { Command } from '../context.ts';

/** Version of the program and of the Node it runs on. */
export const version: Command<Record<string, never>> = async ({ output, version: number }) => {
  if (output.isJson)
    output.document({ version: number, node: process.versions.node, platform: `${process.platform}-${process.arch}` });
  output.line(`airlock ${number} (Node ${process.versions.node}, ${process.platform}-${process.arch})`);
  return 0;
};
