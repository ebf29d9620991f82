// How a call carries a file: inline or as a stream, with the files that belong to it. Shared by report/submit and report/convert.

import { z } from 'zod';
import { MAX_COMPANIONS } from '../core/body.ts';
import { WIRE_LIMITS } from './limits.ts';
import { MAX_STREAM_ID } from './stream-names.ts';

/** A lone surrogate has no UTF-8 form: encoding it would change the text unsaid. */
const wellFormed = (text: string): boolean => text.isWellFormed();
const NOT_WELL_FORMED = 'must be text that UTF-8 can hold';

const BASE64_CHARS = Math.ceil(WIRE_LIMITS.inlineBytes / 3) * 4;

/** Name of a file, and its bytes in one of three ways: which one is checked when they are read. */
const fileParams = {
  name: z.string().min(1).max(255).refine(wellFormed, NOT_WELL_FORMED),
  /** Text, at most 131,072 bytes as UTF-8. */
  content: z.string().refine(wellFormed, NOT_WELL_FORMED).optional(),
  /** At most 131,072 bytes, decoded. */
  contentBase64: z
    .string()
    .max(BASE64_CHARS)
    .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'must be base64')
    .optional(),
  /** An odd number that was not used before on this connection. */
  stream: z.int().min(1).max(MAX_STREAM_ID).optional(),
};

/** The file of a call with its companions. `size` (bytes) and `sha256` are of the main file, checked where they are given. */
export const inputParams = {
  ...fileParams,
  size: z.int().min(0).optional(),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits')
    .optional(),
  companions: z.array(z.strictObject(fileParams)).max(MAX_COMPANIONS).optional(),
};
