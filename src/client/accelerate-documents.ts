/**
 * The document client of the unswapped library on top of our client: it shares the client's middleware stack and never
 * calls the client's `send`, so the caches are reached through the stack: hits before the stack is made, all else by a
 * middleware, first in the stack. It acts on document commands alone; what the client itself sends has been through the
 * accelerator by then.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { AcceleratedSend, Translation } from './accelerated-send.ts';
import type { SdkCommand, SdkMiddleware, SendOptions } from './commands.ts';
import { deferConcat, type ConcatStack } from './deferred-stack.ts';
import { conversionOfStack } from './document-conversion.ts';

/** Where the SDK's middlewares find the command and the options of a call. */
export interface CallContext {
  readonly __smithy_context?: {
    readonly commandInstance?: SdkCommand | undefined;
    readonly abortSignal?: AbortSignal | undefined;
  };
}

const documentMiddlewarePlace = {
  name: 'slipstreamDocuments',
  step: 'initialize',
  priority: 'high',
  override: true,
} as const;

export function accelerateDocuments(client: DynamoDBClient, path: AcceleratedSend): void {
  const stack = client.middlewareStack as unknown as ConcatStack;
  stack.add(documentMiddleware(path), documentMiddlewarePlace);
  deferConcat(stack, (context, input) => {
    const command = context.__smithy_context?.commandInstance;
    // The document client has its own options in the configuration that it shares with the client below.
    const { translateConfig } = client.config as { readonly translateConfig?: Translation };
    return command && path.findDocument(command, input, optionsOf(context), translateConfig);
  });
}

function optionsOf({ __smithy_context: call }: CallContext): SendOptions | undefined {
  return call?.abortSignal && { abortSignal: call.abortSignal };
}

function documentMiddleware(path: AcceleratedSend): SdkMiddleware {
  return (next, context) => async (args) => {
    const call = (context as CallContext).__smithy_context;
    const command = call?.commandInstance;
    const conversion = command && conversionOfStack(command.middlewareStack);
    if (command === undefined || conversion === undefined) return next(args);
    const output = path.sendDocument(command, conversion, args.input, optionsOf(context));
    return output === undefined ? next(args) : { output: await output };
  };
}
