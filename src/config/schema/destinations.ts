// `destinations.<name>`: where reports go. Source: configuration.md 2.

import { z } from 'zod';
import { BYTES, duration, integer, MS, pathText, refusal, secretReference, serverUrl, size } from '../values.ts';

const retry = z
  .object({
    first: duration({ min: 100, max: MS.day }).prefault('5 s'),
    max: duration({ min: 100, max: MS.day }).prefault('15 min'),
    probe: duration({ min: 100, max: MS.day }).prefault('5 min'),
    maxRetryAfter: duration({ min: 100, max: MS.day }).prefault('1 h'),
  })
  .prefault({});

const shared = {
  enabled: z.boolean().prefault(true),
  concurrent: integer(1, 64).prefault(5),
  retry,
  maxBytes: size({ min: BYTES.kib, max: BYTES.gib }).prefault('30 MiB'),
};

const directorySchema = z.object({
  type: z.literal('directory'),
  ...shared,
  path: pathText.prefault('delivered'),
});

/**
 * The host of an address, as `allowHosts` names it: lower case, an IPv6 address without brackets.
 *
 * @param url - A checked address.
 */
function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

const watsSchema = z
  .object({
    type: z.literal('wats'),
    ...shared,
    url: serverUrl,
    token: secretReference,
    onConflict: z.enum(['delivered', 'dead']).prefault('delivered'),
    allowHosts: z.array(z.string().min(1)).max(100).prefault([]),
    timeout: z
      .object({
        connect: duration({ min: 10, max: MS.hour }).prefault('10 s'),
        idle: duration({ min: 10, max: MS.hour }).prefault('60 s'),
        total: duration({ min: 10, max: MS.day }).prefault('60 s'),
        minRate: size({ min: 1, max: BYTES.gib }).prefault('16 KiB'),
      })
      .prefault({}),
  })
  .superRefine((destination, context) => {
    const url = URL.parse(destination.url);
    if (url === null || url.protocol !== 'http:') return;
    if (destination.allowHosts.some((host) => host.toLowerCase() === hostOf(url))) return;
    const message = 'http: is for a host in allowHosts only: write https:, or name the host there';
    context.addIssue({ code: 'custom', path: ['url'], ...refusal('not_one_of', message) });
  });

/** One destination. */
export const destinationSchema = z.discriminatedUnion('type', [directorySchema, watsSchema]);

/** A `directory` destination, read. */
export type DirectoryDestinationConfig = z.output<typeof directorySchema>;
/** A `wats` destination, read. */
export type WatsDestinationConfig = z.output<typeof watsSchema>;
/** One destination, read. */
export type DestinationConfig = z.output<typeof destinationSchema>;
