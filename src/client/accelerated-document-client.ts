/**
 * A document client class of the SDK that reaches the caches of the client below without the SDK's stack; one statement of
 * it for the client with `send` alone and the aggregated one. On a client of the SDK it is what the library's class is.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type * as sdk from '@aws-sdk/lib-dynamodb';
import type { AcceleratedMethods, Sender } from './accelerated-methods.ts';
import type { AcceleratedSend, Translation } from './accelerated-send.ts';
import type { SdkCommand, SendCallback, SendOptions } from './commands.ts';
import { callBack } from './commands.ts';
import { conversionOfCommand } from './document-conversion.ts';
import { pathOf } from './paths.ts';

type DocumentSender = Sender<sdk.ServiceInputTypes, sdk.ServiceOutputTypes, sdk.DynamoDBDocumentClientResolvedConfig>;

export type AcceleratedDocumentClient<Client> = new (
  client: DynamoDBClient,
  translateConfig?: sdk.TranslateConfig,
) => DocumentSender & AcceleratedMethods<Client> & Client;

/** Branded, so that a `DynamoDBDocument` of ours is also an instance of our `DynamoDBDocumentClient`. */
const brand: unique symbol = Symbol.for('slipstream.document-client') as never;

export function isAcceleratedDocumentClient(value: unknown): boolean {
  return typeof value === 'object' && value !== null && brand in value;
}

/** @param base a document client class of the SDK, whose methods all call `send`. */
export function acceleratedDocumentClient<Client extends sdk.DynamoDBDocumentClient>(base: {
  readonly prototype: Client;
}): AcceleratedDocumentClient<Client> {
  class Accelerated extends (base as unknown as typeof sdk.DynamoDBDocumentClient) {
    readonly [brand] = true;
    readonly #path: AcceleratedSend | undefined;

    constructor(client: DynamoDBClient, translateConfig?: sdk.TranslateConfig) {
      super(client, translateConfig);
      this.#path = pathOf(client);
    }

    override send(
      command: object,
      optionsOrCallback?: SendOptions | SendCallback,
      callback?: SendCallback,
    ): Promise<never> & void {
      const isCallback = typeof optionsOrCallback === 'function';
      const options = isCallback ? undefined : optionsOrCallback;
      const called = isCallback ? optionsOrCallback : callback;
      const result =
        sendAccelerated(this.#path, this.config, command as SdkCommand, options) ??
        (super.send(command as never, options as never) as Promise<object>);
      if (called === undefined) return result as never;
      return void callBack(result, called) as never;
    }
  }
  return Accelerated as unknown as AcceleratedDocumentClient<Client>;
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
