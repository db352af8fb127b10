/** A client class of the SDK with a cache inside; one statement of it for the client with `send` alone and the aggregated one. */
import type * as sdk from '@aws-sdk/client-dynamodb';
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import { accelerateDocuments } from './accelerate-documents.ts';
import type { AcceleratedMethods, Sender } from './accelerated-methods.ts';
import { watchParameters, watchPlace } from './altered-call.ts';
import type { ClientCacheOptions } from './cache-options.ts';
import { checkCacheOptions } from './cache-options.ts';
import type { ClientCache } from './client-cache.ts';
import type { Forward, SdkCommand, SdkStack, SendCallback, SendOptions } from './commands.ts';
import { callBack } from './commands.ts';
import { InProcessHandler } from './in-process-handler.ts';
import type { OpenCache } from './open-cache.ts';
import { openCache } from './open-cache.ts';
import { registerPath } from './paths.ts';

export interface DynamoDBClientConfig extends sdk.DynamoDBClientConfig {
  readonly cache?: ClientCacheOptions | undefined;
}

/** What our clients have beside what the SDK's have. */
export interface CachingClient
  extends AsyncDisposable, Sender<sdk.ServiceInputTypes, sdk.ServiceOutputTypes, sdk.DynamoDBClientResolvedConfig> {
  readonly cache: ClientCache;
  /** Also ends the feed. The client works on after it, as the SDK's does, without a cache. */
  destroy(): void;
  /** As `destroy`, and waits until nothing is left open. */
  [Symbol.asyncDispose](): Promise<void>;
}

export type AcceleratedClient<Client> = new (
  configuration?: DynamoDBClientConfig,
) => CachingClient & AcceleratedMethods<Client> & Client;

/** Branded, so that a `DynamoDB` of ours is also an instance of our `DynamoDBClient`, as it is with the SDK's. */
const brand: unique symbol = Symbol.for('slipstream.client') as never;

export function isAcceleratedClient(value: unknown): boolean {
  return typeof value === 'object' && value !== null && brand in value;
}

/** @param base a client class of the SDK, whose methods all call `send`. */
export function acceleratedClient<Client extends sdk.DynamoDBClient>(
  base: new (configuration: sdk.DynamoDBClientConfig) => Client,
): AcceleratedClient<Client> {
  class Accelerated extends (base as unknown as typeof sdk.DynamoDBClient) {
    readonly cache: ClientCache;
    readonly [brand] = true;
    readonly #open: OpenCache;

    constructor(configuration: DynamoDBClientConfig = {}) {
      super(sdkConfiguration(configuration));
      const forward: Forward = (command, options) => super.send(command as never, options as never);
      this.#open = accelerate(this, configuration.cache, forward);
      this.cache = this.#open.cache;
    }

    override send(
      command: object,
      optionsOrCallback?: SendOptions | SendCallback,
      callback?: SendCallback,
    ): Promise<never> & void {
      const isCallback = typeof optionsOrCallback === 'function';
      const called = isCallback ? optionsOrCallback : callback;
      const result = this.#open.path.send(command as SdkCommand, isCallback ? undefined : optionsOrCallback);
      if (called === undefined) return result as never;
      return void callBack(result, called) as never;
    }

    override destroy(): void {
      void this.#end();
    }

    [Symbol.asyncDispose](): Promise<void> {
      return this.#end();
    }

    /** Sockets go at once, as the SDK's user expects, and again when the feed has ended its last call. */
    async #end(): Promise<void> {
      const closed = this.#open.close();
      super.destroy();
      await closed;
      super.destroy();
    }
  }
  return Accelerated as unknown as AcceleratedClient<Client>;
}

function accelerate(client: sdk.DynamoDBClient, cache: ClientCacheOptions | undefined, forward: Forward): OpenCache {
  const open = openCache(client, cache ?? {}, forward);
  registerPath(client, open.path);
  accelerateDocuments(client, open.path);
  (client.middlewareStack as unknown as SdkStack).add(watchParameters, watchPlace);
  return open;
}

/** What the SDK's constructor gets. A store in this process takes the place of the network. */
function sdkConfiguration(configuration: DynamoDBClientConfig): sdk.DynamoDBClientConfig {
  const { cache, ...own } = configuration;
  if (cache === undefined) return own;
  checkCacheOptions(cache);
  const { store, accelerator } = cache;
  const answering = store ?? (accelerator && storeBehind(accelerator));
  if (answering === undefined) return own;
  return {
    // Nobody checks them in process, but the SDK looks for them, at length, where they are not given.
    region: 'us-east-1',
    credentials: { accessKeyId: 'slipstream', secretAccessKey: 'slipstream' },
    ...own,
    requestHandler: new InProcessHandler(answering),
  };
}

function storeBehind(accelerator: Accelerator): Pick<BackingStore, 'send'> {
  return { send: async (request, options) => (await accelerator.execute(request, options)).reply };
}
