/**
 * Drop-in for `@aws-sdk/lib-dynamodb`: everything that it exports, with `DynamoDBDocumentClient` and `DynamoDBDocument`
 * reaching the caches of the client below without the SDK's stack. On a client of the SDK they are what the library's are.
 *
 * @see https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-lib-dynamodb/
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as sdk from '@aws-sdk/lib-dynamodb';
import type { AcceleratedSend, Translation } from './accelerated-send.ts';
import type { SdkCommand, SendCallback, SendOptions } from './commands.ts';
import { callBack } from './commands.ts';
import { conversionOfCommand } from './document-conversion.ts';
import type { Accelerated } from './metadata.ts';
import { pathOf } from './paths.ts';

export * from '@aws-sdk/lib-dynamodb';

type CommandOf<Input extends sdk.ServiceInputTypes, Output extends sdk.ServiceOutputTypes> = Parameters<
  typeof sdk.DynamoDBDocumentClient.prototype.send<Input, Output>
>[0];

/** Branded, so that a `DynamoDBDocument` of ours is also an instance of our `DynamoDBDocumentClient`. */
const brand: unique symbol = Symbol.for('slipstream.document-client') as never;

export class DynamoDBDocumentClient extends sdk.DynamoDBDocumentClient {
  readonly [brand] = true;
  readonly #path: AcceleratedSend | undefined;

  protected constructor(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig) {
    super(client, translateConfig);
    this.#path = pathOf(client);
  }

  static override from(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig): DynamoDBDocumentClient {
    return new DynamoDBDocumentClient(client, translateConfig);
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
    const sdkSend = (options: object | undefined) => super.send(command as never, options as never) as Promise<object>;
    return sendDocument(this.#path, this.config, command as SdkCommand, optionsOrCallback, callback, sdkSend);
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== DynamoDBDocumentClient) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The aggregated document client: a method for every operation. They all call `send`. */
export class DynamoDBDocument extends sdk.DynamoDBDocument {
  readonly [brand] = true;
  readonly #path: AcceleratedSend | undefined;

  protected constructor(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig) {
    super(client, translateConfig);
    this.#path = pathOf(client);
  }

  static override from(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig): DynamoDBDocument {
    return new DynamoDBDocument(client, translateConfig);
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
    const sdkSend = (options: object | undefined) => super.send(command as never, options as never) as Promise<object>;
    return sendDocument(this.#path, this.config, command as SdkCommand, optionsOrCallback, callback, sdkSend);
  }
}

function sendDocument(
  path: AcceleratedSend | undefined,
  configuration: object,
  command: SdkCommand,
  optionsOrCallback: SendOptions | SendCallback | undefined,
  callback: SendCallback | undefined,
  sdkSend: (options: SendOptions | undefined) => Promise<object>,
): Promise<object> | void {
  const isCallback = typeof optionsOrCallback === 'function';
  const options = isCallback ? undefined : optionsOrCallback;
  const result = sendAccelerated(path, configuration, command, options) ?? sdkSend(options);
  const called = isCallback ? optionsOrCallback : callback;
  if (called === undefined) return result;
  void callBack(result, called);
}

/** Undefined when the SDK has to send the command: it is not the caches' concern, or the client below is not ours. */
function sendAccelerated(
  path: AcceleratedSend | undefined,
  configuration: object,
  command: SdkCommand,
  options: SendOptions | undefined,
): Promise<object> | undefined {
  if (path === undefined) return undefined;
  if (command.clientCommand === undefined) return path.send(command, options);
  const { translateConfig } = configuration as { readonly translateConfig?: Translation };
  const found = path.findDocument(command.clientCommand, command.input, options, translateConfig);
  if (found !== undefined) return Promise.resolve(found);
  const conversion = conversionOfCommand(command, configuration);
  return conversion && path.sendDocument(command.clientCommand, conversion, command.input, options);
}
