// The method of bench/link.ts that gives back what it gets: both ends check its schemas.

import { z } from 'zod';

const text = z.strictObject({ text: z.string().max(2048) });

/** `bench/echo` `{text}` → `{text}`. */
export const echoText = { name: 'bench/echo', params: text, result: text } as const;
