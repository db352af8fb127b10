/**
 * Errors as DAX sends them: a list of numbers that decides what a client shows and whether it tries again, the message, and
 * what else is known. Clients look at the first number (1: the server's fault, may be tried again; 4: the caller's), at
 * the second and from the fourth on.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
import type { Item } from '../../model/attribute-value.ts';
import type { JsonObject } from '../../model/service-call.ts';
import type { CborWriter } from './cbor-writer.ts';
import type { ItemCodec } from './item-codec.ts';

export interface DaxError {
  readonly status: number;
  /** Such as `ValidationException`. */
  readonly name: string;
  readonly message: string;
  readonly requestId: string;
  /** Of a transaction that was cancelled, one for each action. */
  readonly reasons?: readonly CancellationReason[] | undefined;
}

interface CancellationReason {
  readonly Code?: string;
  readonly Message?: string | null;
  readonly Item?: Item;
}

const dynamodb = (code: number): readonly number[] => [4, 37, 38, 39, code];
/** The client authenticates again, and sends its call once more. */
const AUTHENTICATE_AGAIN = [4, 23, 31, 33];
const NOT_AUTHENTICATED = [4, 23, 31, 32];

const codesByName: Readonly<Record<string, readonly number[]>> = {
  ProvisionedThroughputExceededException: dynamodb(40),
  ResourceNotFoundException: dynamodb(41),
  AccessDeniedException: [4, 37, 38, 42],
  ConditionalCheckFailedException: dynamodb(43),
  ResourceInUseException: dynamodb(45),
  ValidationException: dynamodb(46),
  // DAX speaks no JSON that could be wrong: what the store calls a malformed value is an invalid one to this caller.
  SerializationException: dynamodb(46),
  InternalServerError: [1, 37, 38, 39, 47],
  ItemCollectionSizeLimitExceededException: dynamodb(48),
  LimitExceededException: dynamodb(49),
  ThrottlingException: dynamodb(50),
  TransactionConflictException: dynamodb(57),
  TransactionCanceledException: dynamodb(58),
  TransactionInProgressException: dynamodb(59),
  IdempotentParameterMismatchException: dynamodb(60),
  RequestLimitExceeded: dynamodb(61),
  MissingAuthenticationTokenException: AUTHENTICATE_AGAIN,
  UnrecognizedClientException: NOT_AUTHENTICATED,
  InvalidSignatureException: NOT_AUTHENTICATED,
  IncompleteSignatureException: NOT_AUTHENTICATED,
};

/** No answer of the store is known: clients repeat a read and leave a write, which may have been applied, to the caller. */
const UNKNOWN_OUTCOME = [1, 37, 38, 53];
const OTHER_REFUSAL = [4, 37, 38, 0];

export function codesOf({ status, name }: Pick<DaxError, 'status' | 'name'>): readonly number[] {
  return codesByName[name] ?? (status >= 500 ? UNKNOWN_OUTCOME : OTHER_REFUSAL);
}

/** @param tables of a transaction's actions, whose items the reasons may show. */
export function writeError(
  writer: CborWriter,
  error: DaxError,
  codec: ItemCodec | undefined,
  tables: readonly string[] = [],
): void {
  const codes = codesOf(error);
  const { reasons } = error;
  const showsReasons = reasons !== undefined && reasons.length === tables.length && codec !== undefined;
  writer.arrayHead(codes.length);
  for (const code of codes) writer.integer(code);
  writer.text(error.message);
  writer.arrayHead(showsReasons ? 4 : 3);
  writer.text(error.requestId);
  writer.text(error.name);
  writer.integer(error.status);
  if (!showsReasons) return;
  writer.arrayHead(reasons.length * 3);
  for (const [i, { Code: code, Message: message, Item: item }] of reasons.entries()) {
    writeTextOrNull(writer, code);
    writeTextOrNull(writer, message ?? undefined);
    if (item === undefined) writer.null();
    else codec.writePayload(writer, tables[i] as string, item);
  }
}

function writeTextOrNull(writer: CborWriter, text: string | undefined): void {
  if (text === undefined) writer.null();
  else writer.text(text);
}

/** @param output the body of a reply that is no success. */
export function errorOf(status: number, name: string, output: JsonObject, requestId: string): DaxError {
  const message: unknown = output['message'] ?? output['Message'];
  return {
    status,
    name,
    message: typeof message === 'string' ? message : '',
    requestId,
    reasons: output['CancellationReasons'] as readonly CancellationReason[] | undefined,
  };
}
