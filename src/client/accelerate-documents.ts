/**
 * The document client of the unswapped library on top of our client: it shares the client's middleware stack and never
 * calls the client's `send`, so the caches are reached by a middleware, first in the stack. It acts on document commands
 * alone; what the client itself sends has been through the accelerator by then.
 */
import type { AcceleratedSend } from './accelerated-send.ts';
import type { SdkCommand, SdkMiddleware, SendOptions } from './commands.ts';
import { conversionOfStack } from './document-conversion.ts';

/** Where the SDK's middlewares find the command and the options of a call. */
interface CallContext {
  readonly __smithy_context?: {
    readonly commandInstance?: SdkCommand | undefined;
    readonly abortSignal?: AbortSignal | undefined;
  };
}

export const documentMiddlewarePlace = {
  name: 'slipstreamDocuments',
  step: 'initialize',
  priority: 'high',
  override: true,
} as const;

export function accelerateDocuments(path: AcceleratedSend): SdkMiddleware {
  return (next, context) => async (args) => {
    const call = (context as CallContext).__smithy_context;
    const command = call?.commandInstance;
    const conversion = command && conversionOfStack(command.middlewareStack);
    if (command === undefined || conversion === undefined) return next(args);
    const options: SendOptions | undefined = call?.abortSignal && { abortSignal: call.abortSignal };
    const output = path.sendDocument(command, conversion, args.input, options);
    return output === undefined ? next(args) : { output: await output };
  };
}
