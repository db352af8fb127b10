/**
 * The SDK's exceptions and the replies that they stand for. An exception that the SDK itself threw reaches its caller as
 * the very same object; one is made here only where the SDK's stack was not asked, or where several callers share a reply.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import type { Answer } from '../accelerator/answer.ts';
import type { JsonObject } from '../model/service-call.ts';
import { ServiceReply } from '../model/service-call.ts';
import { fromWire, toWire } from './convert.ts';
import type { ResponseMetadata } from './metadata.ts';
import { headersOf, metadataOf } from './metadata.ts';

interface SdkException extends Error {
  readonly $metadata: ResponseMetadata;
}

/** Members of an SDK exception that are not part of the body it came in. */
const NOT_IN_BODY = new Set(['name', 'message', 'stack', '$fault', '$metadata', '$response', '$retryable', '__type']);

/**
 * The reply behind an error that the SDK threw; undefined when the store gave no answer, or none that could be read:
 * then nobody knows whether a write was applied (I5).
 */
export function replyOf(error: unknown, isRepeated = false): ServiceReply | undefined {
  if (!sdk.DynamoDBServiceException.isInstance(error)) return undefined;
  const exception = error as unknown as SdkException;
  const status = exception.$metadata.httpStatusCode;
  if (status === undefined || status < 400) return undefined;
  const body: Record<string, unknown> = { __type: exception.name, message: exception.message };
  for (const [name, value] of Object.entries(exception)) {
    if (!NOT_IN_BODY.has(name)) body[name] = value;
  }
  return ServiceReply.fromOutput(toWire(body), {
    status,
    headers: headersOf(exception.$metadata),
    native: error,
    // The SDK retries by itself: the second attempt of a conditional write may fail over what the first, whose answer was
    // lost, has written.
    isUncertain: isRepeated || (exception.$metadata.attempts ?? 1) > 1,
  });
}

type ExceptionClass = new (options: JsonObject) => Error;

/** The SDK's exception for a reply that is an error: its own class where the SDK has one of that name. */
export function exceptionOf(answer: Answer): Error {
  const { reply } = answer;
  const name = reply.errorName ?? 'UnknownError';
  const { __type: _type, message, Message, ...members } = readMembers(reply);
  const options = {
    ...fromWire(members),
    name,
    message: message ?? Message ?? 'UnknownError',
    $fault: reply.status < 500 ? 'client' : 'server',
    $metadata: metadataOf(answer),
  };
  return Object.assign(new (classOf(name))(options), options);
}

function readMembers(reply: ServiceReply): JsonObject {
  try {
    return reply.output;
  } catch {
    // Something between us and the store answered with a page of HTML; the status says what there is to say.
    return {};
  }
}

function classOf(name: string): ExceptionClass {
  const found: unknown = Object.hasOwn(sdk, name) ? (sdk as unknown as Record<string, unknown>)[name] : undefined;
  const base: unknown = sdk.DynamoDBServiceException;
  const isException =
    typeof found === 'function' && (found.prototype as unknown) instanceof sdk.DynamoDBServiceException;
  return (isException ? found : base) as ExceptionClass;
}
