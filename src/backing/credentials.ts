/**
 * The credentials that calls to a remote store are signed with: the SDK's own chain (environment, profiles, SSO, web
 * identity, container, instance), asked again before they end. Reading them is synchronous while they hold, as it
 * happens on every miss.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Clock } from '../base/clock.ts';
import type { Credentials } from '../wire/sigv4.ts';

/** Credentials as providers of the SDK give them. */
export interface ExpiringCredentials extends Credentials {
  readonly expiration?: Date | undefined;
}

export type CredentialsProvider = () => Promise<ExpiringCredentials>;

/** Stores that are not AWS's take any key; letters alone, for some make a file's name of it. */
export const LOCAL_CREDENTIALS: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface CredentialSourceOptions {
  readonly clock: Clock;
  readonly provider: CredentialsProvider;
  /** How long before their end credentials are asked for anew, beside the calls that still use the old ones. */
  readonly refreshAheadMs?: number | undefined;
}

const DEFAULT_REFRESH_AHEAD_MS = 5 * 60 * 1000;
/** Below this, a call could arrive after its credentials have ended. */
const LAST_USE_MS = 10_000;
const REFRESH_RETRY_MS = 5_000;

export class CredentialSource {
  readonly #clock: Clock;
  readonly #provider: CredentialsProvider;
  readonly #refreshAheadMs: number;
  #current: ExpiringCredentials | undefined;
  #asking: Promise<Credentials> | undefined;
  #askAgainMs = 0;

  constructor(options: CredentialSourceOptions) {
    this.#clock = options.clock;
    this.#provider = options.provider;
    this.#refreshAheadMs = options.refreshAheadMs ?? DEFAULT_REFRESH_AHEAD_MS;
  }

  get(): Credentials | Promise<Credentials> {
    const current = this.#current;
    if (current === undefined) return this.#ask();
    const endMs = current.expiration?.getTime();
    if (endMs === undefined) return current;
    const leftMs = endMs - this.#clock.wallMs();
    if (leftMs <= LAST_USE_MS) return this.#ask();
    if (leftMs <= this.#refreshAheadMs && this.#clock.monotonicMs() >= this.#askAgainMs) {
      // These still hold, so a failure is no failure of the call at hand; it is tried again a little later.
      this.#askAgainMs = this.#clock.monotonicMs() + REFRESH_RETRY_MS;
      this.#ask().catch(() => undefined);
    }
    return current;
  }

  /** Concurrent callers share one question. */
  #ask(): Promise<Credentials> {
    this.#asking ??= this.#provider()
      .then((credentials) => (this.#current = credentials))
      .finally(() => (this.#asking = undefined));
    return this.#asking;
  }
}

/**
 * The provider for a store. AWS's own gets the whole chain. For any other, the chain is asked only where something of it
 * is configured, and never waits for an instance's metadata service, which a laptop or a container in CI has not.
 */
export function defaultCredentials(aws: boolean, env: NodeJS.ProcessEnv = process.env): CredentialsProvider {
  if (aws) return defaultProvider();
  if (!isConfigured(env)) return () => Promise.resolve(LOCAL_CREDENTIALS);
  const chain = defaultProvider({ timeout: 500, maxRetries: 0 });
  return () => chain().catch(() => LOCAL_CREDENTIALS);
}

function isConfigured(env: NodeJS.ProcessEnv): boolean {
  for (const name of [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ]) {
    if (env[name]) return true;
  }
  const files = [
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homedir(), '.aws', 'credentials'),
    env['AWS_CONFIG_FILE'] ?? join(homedir(), '.aws', 'config'),
  ];
  return files.some((file) => existsSync(file));
}
