// Answers config/get.

import type { ShownConfig, ShowOptions } from '../config/show-config.ts';
import type { ConfigCheck } from '../config/validate-config.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { configGet } from '../protocol/methods/config-get.ts';

/** Reads the configuration on the disk anew at each call. */
export type ConfigPort = {
  readonly show: (options: ShowOptions) => Promise<ShownConfig>;
  readonly validate: () => Promise<ConfigCheck>;
};

/** @throws {AirlockError} request_failed, reason `config_invalid`, when what is in force is asked for and nothing could be. */
export const handleConfigGet: Handler<typeof configGet, { config: Pick<ConfigPort, 'show'> }> = async (
  { config },
  { effective, origins },
) => {
  try {
    const { origins: found, ...shown } = await config.show({ isEffective: effective, withOrigins: origins });
    return { ...shown, config: { ...shown.config }, ...(found === undefined ? {} : { origins: { ...found } }) };
  } catch (error) {
    if (!(error instanceof AirlockError) || error.code !== 'config_invalid') throw error;
    // That code never crosses the wire; what is wrong is asked for with config/validate.
    throw new AirlockError('request_failed', 'Cannot show what is in force: the file has errors, see config/validate', {
      cause: error,
      data: { reason: 'config_invalid' },
    });
  }
};
