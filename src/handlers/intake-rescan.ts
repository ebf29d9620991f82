// Answers intake/rescan.

import { AirlockError } from '../core/errors.ts';
import type { Intake } from '../intake/intake.ts';
import type { Handler } from '../protocol/handler.ts';
import type { intakeRescan } from '../protocol/methods/intake-rescan.ts';

/** @throws {AirlockError} not_found when no watch folder that is on has that name. */
export const handleIntakeRescan: Handler<typeof intakeRescan, { intake: Pick<Intake, 'rescan'> }> = async (
  { intake },
  { folder },
) => {
  const folders = intake.rescan(folder ?? null);
  if (folder !== undefined && folders.length === 0) {
    throw new AirlockError('not_found', `Cannot look through watch folder "${folder}": there is none, or it is off`);
  }
  return { folders: [...folders] };
};
