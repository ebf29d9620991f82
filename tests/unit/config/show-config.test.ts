import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/config/json.ts';
import { configSchema } from '../../../src/config/schema/root.ts';
import { toShown } from '../../../src/config/show-config.ts';

const WATS = {
  type: 'wats',
  url: 'https://wats.example.com',
  token: { secret: 'wats-token' },
  timeout: { connect: '90 s' },
  maxBytes: '1536 KiB',
};

describe('toShown()', () => {
  it('writes what is in force so that it reads back as the same', () => {
    const config = configSchema.parse({ daemon: { drain: '1.5 min' }, destinations: { w: WATS } });

    const shown = toShown(config as unknown as JsonObject);

    expect(configSchema.parse(shown)).toEqual(config);
    expect(shown).toMatchObject({
      daemon: { drain: '90 s' },
      destinations: { w: { token: { secret: 'wats-token' }, timeout: { connect: '90 s' }, maxBytes: '1536 KiB' } },
    });
  });

  it('hides a text in the place of a secret, a user in an address, and secrets under the keys of other versions', () => {
    const shown = toShown({
      destinations: { w: { ...WATS, token: 'plain', url: 'https://user:plain@wats.example.com/' } },
      api_token: 'plain',
      proxy_password: 'plain',
    });

    expect(JSON.stringify(shown)).not.toContain('plain');
    expect(shown).toMatchObject({
      destinations: { w: { token: '[hidden]', url: 'https://[hidden]@wats.example.com/' } },
      api_token: '[hidden]',
      proxy_password: '[hidden]',
    });
  });
});
