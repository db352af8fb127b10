/**
 * Drop-in for `@aws-sdk/client-dynamodb`: everything that it exports, with `DynamoDBClient` and `DynamoDB` being its own
 * classes with a cache inside. Commands, paginators, waiters, errors and types are the SDK's.
 *
 * A user's middleware runs on what goes to the store, with the parameters that are really sent. It does not run on a hit.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/dynamodb/
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import type { Accelerator } from '../accelerator/accelerator.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import { accelerateDocuments } from './accelerate-documents.ts';
import { watchParameters, watchPlace } from './altered-call.ts';
import type { ClientCacheOptions } from './cache-options.ts';
import { checkCacheOptions } from './cache-options.ts';
import type { ClientCache } from './client-cache.ts';
import type { Forward, SdkCommand, SdkStack, SendCallback, SendOptions } from './commands.ts';
import { callBack } from './commands.ts';
import { InProcessHandler } from './in-process-handler.ts';
import type { Accelerated } from './metadata.ts';
import type { OpenCache } from './open-cache.ts';
import { openCache } from './open-cache.ts';
import { registerPath } from './paths.ts';

export * from '@aws-sdk/client-dynamodb';
export type { ClientCacheOptions, InProcessStore } from './cache-options.ts';
export type { ClientCache } from './client-cache.ts';
export type { SendOptions } from './commands.ts';
export type { Accelerated, SlipstreamMetadata } from './metadata.ts';

export interface DynamoDBClientConfig extends sdk.DynamoDBClientConfig {
  readonly cache?: ClientCacheOptions | undefined;
}

type CommandOf<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes> = sdk.$Command<
  Input,
  Output,
  sdk.DynamoDBClientResolvedConfig,
  sdk.ServiceInputTypes,
  sdk.ServiceOutputTypes
>;

/** Branded, so that a `DynamoDB` of ours is also an instance of our `DynamoDBClient`, as it is with the SDK's. */
const brand: unique symbol = Symbol.for('slipstream.client') as never;

export class DynamoDBClient extends sdk.DynamoDBClient implements AsyncDisposable {
  readonly cache: ClientCache;
  readonly [brand] = true;
  readonly #open: OpenCache;

  constructor(configuration: DynamoDBClientConfig = {}) {
    super(sdkConfiguration(configuration));
    const forward = (command: object, options: object | undefined) => super.send(command as never, options as never);
    this.#open = accelerate(this, configuration.cache, forward);
    this.cache = this.#open.cache;
  }

  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    options?: SendOptions,
  ): Promise<Accelerated<Output>>;
  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    callback: SendCallback<Accelerated<Output>>,
  ): void;
  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    options: SendOptions,
    callback: SendCallback<Accelerated<Output>>,
  ): void;
  override send(
    command: object,
    optionsOrCallback?: SendOptions | SendCallback,
    callback?: SendCallback,
  ): Promise<object> | void {
    return accelerateSend(this.#open, command as SdkCommand, optionsOrCallback, callback);
  }

  /** Also ends the feed. The client works on after it, as the SDK's does, without a cache. */
  override destroy(): void {
    void destroy(this.#open, () => super.destroy());
  }

  /** As `destroy`, and waits until nothing is left open. */
  [Symbol.asyncDispose](): Promise<void> {
    return destroy(this.#open, () => super.destroy());
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A user's subclass of this class keeps the ordinary meaning of `instanceof`.
    if (this !== DynamoDBClient) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The aggregated client: a method for every operation. They all call `send`. */
export class DynamoDB extends sdk.DynamoDB implements AsyncDisposable {
  readonly cache: ClientCache;
  readonly [brand] = true;
  readonly #open: OpenCache;

  constructor(configuration: DynamoDBClientConfig = {}) {
    super(sdkConfiguration(configuration));
    const forward = (command: object, options: object | undefined) => super.send(command as never, options as never);
    this.#open = accelerate(this, configuration.cache, forward);
    this.cache = this.#open.cache;
  }

  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    options?: SendOptions,
  ): Promise<Accelerated<Output>>;
  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    callback: SendCallback<Accelerated<Output>>,
  ): void;
  override send<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes>(
    command: CommandOf<Input, Output>,
    options: SendOptions,
    callback: SendCallback<Accelerated<Output>>,
  ): void;
  override send(
    command: object,
    optionsOrCallback?: SendOptions | SendCallback,
    callback?: SendCallback,
  ): Promise<object> | void {
    return accelerateSend(this.#open, command as SdkCommand, optionsOrCallback, callback);
  }

  override destroy(): void {
    void destroy(this.#open, () => super.destroy());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return destroy(this.#open, () => super.destroy());
  }
}

function accelerate(client: sdk.DynamoDBClient, cache: ClientCacheOptions | undefined, forward: Forward): OpenCache {
  const open = openCache(client, cache ?? {}, forward);
  registerPath(client, open.path);
  accelerateDocuments(client, open.path);
  (client.middlewareStack as unknown as SdkStack).add(watchParameters, watchPlace);
  return open;
}

function accelerateSend(
  open: OpenCache,
  command: SdkCommand,
  optionsOrCallback: SendOptions | SendCallback | undefined,
  callback: SendCallback | undefined,
): Promise<object> | void {
  const isCallback = typeof optionsOrCallback === 'function';
  const called = isCallback ? optionsOrCallback : callback;
  const result = open.path.send(command, isCallback ? undefined : optionsOrCallback);
  if (called === undefined) return result;
  void callBack(result, called);
}

/** Sockets go at once, as the SDK's user expects, and again when the feed has ended its last call. */
async function destroy(open: OpenCache, destroySdk: () => void): Promise<void> {
  const closed = open.close();
  destroySdk();
  await closed;
  destroySdk();
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
