// Answers config/validate.

import type { Handler } from '../protocol/handler.ts';
import type { configValidate } from '../protocol/methods/config-validate.ts';
import type { ConfigPort } from './config-get.ts';

/** The answer says whether it is valid; an invalid configuration is no error of the call. */
export const handleConfigValidate: Handler<typeof configValidate, { config: Pick<ConfigPort, 'validate'> }> = async ({
  config,
}) => {
  const { findings, repairs, ...check } = await config.validate();
  return { ...check, findings: findings.map((finding) => ({ ...finding })), repairs: [...repairs] };
};
