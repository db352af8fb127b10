/**
 * A store at an address: signs a call and forwards its bytes, untouched both ways, over kept-alive connections.
 *
 * It never repeats a write: a lost connection does not tell whether the write was applied (I5), and the caller's SDK
 * repeats by rules of its own.
 */
import { Pool } from 'undici';
import { systemClock, type Clock } from '../base/clock.ts';
import { SlipstreamError } from '../base/errors.ts';
import { STREAMS_TARGET, traitsOf } from '../model/operations.ts';
import type { ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Credentials } from '../wire/sigv4.ts';
import type { BackingStore, SendOptions } from './backing-store.ts';
import { CallSigner } from './call-signer.ts';
import { CredentialSource, defaultCredentials, type CredentialsProvider } from './credentials.ts';
import { endpointsOf } from './endpoints.ts';
import { exchange, wasUnanswered, type ExchangeLimits } from './exchange.ts';

export interface RemoteStoreOptions {
  /** Address of the store, such as `https://dynamodb.eu-west-1.amazonaws.com`. */
  readonly url: string;
  /** Address of its Streams API where that cannot be derived from `url`. */
  readonly streamsUrl?: string | undefined;
  /** From the host's name, AWS_REGION, or us-east-1 unless given. */
  readonly region?: string | undefined;
  /** The SDK's default chain unless given; static local ones for a store that is not AWS's where nothing is set up. */
  readonly credentials?: Credentials | CredentialsProvider | undefined;
  readonly clock?: Clock | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly headersTimeoutMs?: number | undefined;
  readonly bodyTimeoutMs?: number | undefined;
  /** How long an idle connection is kept, unless the store says less. */
  readonly keepAliveMs?: number | undefined;
  readonly connectionsMax?: number | undefined;
  /** Calls under way and waiting for a connection; one more is refused with SLIPSTREAM_LIMIT. */
  readonly inFlightMax?: number | undefined;
  /** Longest wait of a call for a connection while all are busy; then it is refused with SLIPSTREAM_LIMIT, and not sent. */
  readonly queueTimeoutMs?: number | undefined;
  readonly replyBytesMax?: number | undefined;
  /** The id of the proxy that sends, told with every call, so that one which gets its own calls knows it. */
  readonly via?: string | undefined;
  /** Certificates to trust instead of the system's, in PEM. */
  readonly ca?: string | undefined;
}

export const remoteStoreDefaults = {
  connectTimeoutMs: 3_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 10_000,
  keepAliveMs: 4_000,
  connectionsMax: 256,
  inFlightMax: 10_000,
  queueTimeoutMs: 1_000,
  replyBytesMax: 32 * 1024 * 1024,
} as const;

/** @throws {SlipstreamError} SLIPSTREAM_BAD_OPTION when an address is not an http or https URL. */
export function createRemoteStore(options: RemoteStoreOptions): RemoteStore {
  return new RemoteStore(options);
}

export class RemoteStore implements BackingStore {
  readonly url: URL;
  readonly region: string;
  readonly #clock: Clock;
  readonly #credentials: CredentialSource;
  readonly #dynamodb: Connections;
  readonly #streams: Connections;
  readonly #limits: ExchangeLimits;
  readonly #inFlightMax: number;
  readonly #connectionsMax: number;
  readonly #queueTimeoutMs: number;
  #inFlight = 0;

  constructor(options: RemoteStoreOptions) {
    const endpoints = endpointsOf(options);
    const { credentials } = options;
    this.url = endpoints.dynamodb;
    this.region = endpoints.region;
    this.#clock = options.clock ?? systemClock;
    this.#credentials = new CredentialSource({
      clock: this.#clock,
      provider:
        typeof credentials === 'object'
          ? () => Promise.resolve(credentials)
          : (credentials ?? defaultCredentials(endpoints.aws)),
    });
    const to = (url: URL) => connectionsTo(url, endpoints.region, options);
    this.#dynamodb = to(endpoints.dynamodb);
    this.#streams = endpoints.streams.href === endpoints.dynamodb.href ? this.#dynamodb : to(endpoints.streams);
    this.#limits = {
      headersTimeoutMs: options.headersTimeoutMs ?? remoteStoreDefaults.headersTimeoutMs,
      bodyTimeoutMs: options.bodyTimeoutMs ?? remoteStoreDefaults.bodyTimeoutMs,
      replyBytesMax: options.replyBytesMax ?? remoteStoreDefaults.replyBytesMax,
    };
    this.#inFlightMax = options.inFlightMax ?? remoteStoreDefaults.inFlightMax;
    this.#connectionsMax = options.connectionsMax ?? remoteStoreDefaults.connectionsMax;
    this.#queueTimeoutMs = options.queueTimeoutMs ?? remoteStoreDefaults.queueTimeoutMs;
  }

  /** Calls that have no answer yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  async send(request: ServiceRequest, options: SendOptions = {}): Promise<ServiceReply> {
    if (this.#inFlight >= this.#inFlightMax) {
      throw new SlipstreamError('SLIPSTREAM_LIMIT', `${this.#inFlightMax} calls to the store are under way`);
    }
    this.#inFlight++;
    try {
      return await this.#attempt(request, options.signal);
    } catch (error) {
      // The store may close a kept-alive connection in the very moment in which the next call is written to it. Whether
      // it read that call is unknown, so only a call that changes nothing may go out again, and only once: a second loss
      // is the store's state, not a crossing of two messages.
      if (!wasUnanswered(error) || traitsOf(request.operation).mutates) throw error;
      return await this.#attempt(request, options.signal);
    } finally {
      this.#inFlight--;
    }
  }

  /**
   * Resolves when something answers HTTP at the store's address.
   *
   * @throws {SlipstreamError} SLIPSTREAM_BACKING_UNREACHABLE
   */
  async ping(options: SendOptions = {}): Promise<void> {
    const { pool, path } = this.#dynamodb;
    // A server may read a connection in another way for all its time once it has had anything but a call: our own does.
    const asked = {
      method: 'GET',
      path,
      headers: {},
      body: null,
      endsConnection: true,
      signal: options.signal,
    } as const;
    try {
      await exchange(pool, asked, this.#limits, this.#clock);
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SlipstreamError(
        'SLIPSTREAM_BACKING_UNREACHABLE',
        `the store at ${this.url.origin} does not answer: ${why}`,
        { cause },
      );
    }
  }

  /** Lets calls under way end, then closes the connections. */
  async close(): Promise<void> {
    await Promise.all([
      this.#dynamodb.pool.close(),
      ...(this.#streams === this.#dynamodb ? [] : [this.#streams.pool.close()]),
    ]);
  }

  #attempt(request: ServiceRequest, signal: AbortSignal | undefined): Promise<ServiceReply> {
    const credentials = this.#credentials.get();
    // No promise where none is needed: it is a turn of the queue on every miss.
    if (!(credentials instanceof Promise)) return this.#exchange(request, credentials, signal);
    return credentials.then((asked) => this.#exchange(request, asked, signal));
  }

  #exchange(request: ServiceRequest, credentials: Credentials, signal: AbortSignal | undefined): Promise<ServiceReply> {
    const { pool, path, signer } = request.api === STREAMS_TARGET ? this.#streams : this.#dynamodb;
    const { body } = request;
    const headers = signer.sign(request.target, body, credentials, this.#clock.wallMs());
    // A store that is slower than its callers is not told of more calls than it has answered, and neither are they kept waiting.
    const queueTimeoutMs = this.#inFlight > this.#connectionsMax ? this.#queueTimeoutMs : undefined;
    return exchange(pool, { method: 'POST', path, headers, body, signal, queueTimeoutMs }, this.#limits, this.#clock);
  }
}

interface Connections {
  readonly pool: Pool;
  readonly path: string;
  readonly signer: CallSigner;
}

function connectionsTo(url: URL, region: string, options: RemoteStoreOptions): Connections {
  const { host, pathname: path } = url;
  return { pool: poolTo(url, options), path, signer: new CallSigner({ host, path, region, via: options.via }) };
}

type PoolOptions = Pick<RemoteStoreOptions, 'connectionsMax' | 'keepAliveMs' | 'connectTimeoutMs' | 'ca'>;

/** Kept-alive connections for `exchange`, which looks after the time limits of a call by itself. */
export function poolTo(url: URL, options: PoolOptions = {}): Pool {
  return new Pool(url.origin, {
    connections: options.connectionsMax ?? remoteStoreDefaults.connectionsMax,
    pipelining: 1,
    keepAliveTimeout: options.keepAliveMs ?? remoteStoreDefaults.keepAliveMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: options.connectTimeoutMs ?? remoteStoreDefaults.connectTimeoutMs,
      ...(options.ca !== undefined && { ca: options.ca }),
    },
  });
}
