import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  CredentialSource,
  defaultCredentials,
  LOCAL_CREDENTIALS,
  type ExpiringCredentials,
} from '../../src/backing/credentials.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const HOUR_MS = 3_600_000;

/** A provider whose credentials live for an hour each, numbered. */
function hourly(clock: VirtualClock): {
  provider: () => Promise<ExpiringCredentials>;
  asked: () => number;
  fail: boolean;
} {
  let asked = 0;
  const state = {
    fail: false,
    asked: () => asked,
    provider: () => {
      asked++;
      if (state.fail) return Promise.reject(new Error('no metadata'));
      const expiration = new Date(clock.wallMs() + HOUR_MS);
      return Promise.resolve({ accessKeyId: `key-${asked}`, secretAccessKey: 'secret', expiration });
    },
  };
  return state;
}

describe('credentials', () => {
  test('are asked for once by concurrent callers and then at hand without waiting', async () => {
    const clock = new VirtualClock();
    const source = hourly(clock);
    const credentials = new CredentialSource({ clock, provider: source.provider });
    const [first, second] = await Promise.all([credentials.get(), credentials.get()]);
    expect(first).toBe(second);
    expect(credentials.get()).toBe(first);
    expect(source.asked()).toBe(1);
  });

  test('are renewed ahead of their end, beside calls that use the old ones', async () => {
    const clock = new VirtualClock();
    const source = hourly(clock);
    const credentials = new CredentialSource({ clock, provider: source.provider });
    await credentials.get();
    await clock.advance(HOUR_MS - 4 * 60_000);
    expect(credentials.get()).toMatchObject({ accessKeyId: 'key-1' });
    await clock.advance(0);
    expect(credentials.get()).toMatchObject({ accessKeyId: 'key-2' });
  });

  test('survive a provider that fails while they still hold, and fail with it once they have ended', async () => {
    const clock = new VirtualClock();
    const source = hourly(clock);
    const credentials = new CredentialSource({ clock, provider: source.provider });
    await credentials.get();
    source.fail = true;
    await clock.advance(HOUR_MS - 4 * 60_000);
    for (let i = 0; i < 10; i++) expect(credentials.get()).toMatchObject({ accessKeyId: 'key-1' });
    await clock.advance(0);
    expect(source.asked()).toBe(2);
    await clock.advance(4 * 60_000);
    await expect(credentials.get()).rejects.toThrow('no metadata');
    source.fail = false;
    expect(await credentials.get()).toMatchObject({ accessKeyId: 'key-4' });
  });
});

describe('the default credentials of a store that is not AWS’s', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipstream-credentials-'));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true, force: true });
  });
  const nowhere = {
    AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    AWS_CONFIG_FILE: join(directory, 'config'),
  };

  test('are static ones where nothing is configured', async () => {
    expect(await defaultCredentials(false, nowhere)()).toEqual(LOCAL_CREDENTIALS);
  });

  test('are those of the environment where it has some', async () => {
    const env = { ...nowhere, AWS_ACCESS_KEY_ID: 'AKENV', AWS_SECRET_ACCESS_KEY: 'secret' };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_PROFILE', undefined);
    expect(await defaultCredentials(false, env)()).toMatchObject({ accessKeyId: 'AKENV' });
  });

  test('are static ones where a profile is there that has none', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'slipstream-profile-')), 'config');
    writeFileSync(file, '[profile other]\nregion = eu-west-1\n');
    const env = { ...nowhere, AWS_CONFIG_FILE: file };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    expect(await defaultCredentials(false, env)()).toEqual(LOCAL_CREDENTIALS);
    rmSync(join(file, '..'), { recursive: true });
  });
});
