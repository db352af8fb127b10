/**
 * DynamoDB's own errors, as our store and our doors raise them: the exception's name, its message to the letter, the
 * status, and what else its body carries. A remote store's errors never become one of these; their bytes are forwarded.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
 */

export type ServiceErrorName =
  | 'AccessDeniedException'
  | 'BackupInUseException'
  | 'ConditionalCheckFailedException'
  | 'DuplicateItemException'
  | 'ExpiredIteratorException'
  | 'IdempotentParameterMismatchException'
  | 'IncompleteSignatureException'
  | 'IndexNotFoundException'
  | 'InternalServerError'
  | 'InvalidSignatureException'
  | 'ItemCollectionSizeLimitExceededException'
  | 'LimitExceededException'
  | 'MissingAuthenticationTokenException'
  | 'ProvisionedThroughputExceededException'
  | 'RequestLimitExceeded'
  | 'ResourceInUseException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ServiceUnavailable'
  | 'TableInUseException'
  | 'TableNotFoundException'
  | 'ThrottlingException'
  | 'TransactionCanceledException'
  | 'TransactionConflictException'
  | 'TransactionInProgressException'
  | 'TrimmedDataAccessException'
  | 'UnknownOperationException'
  | 'UnrecognizedClientException'
  | 'ValidationException';

/** The `__type` prefix of a name: DynamoDB's own exceptions and those of the protocol in front of it differ. */
const CORAL_SERVICE = 'com.amazon.coral.service#';
const CORAL_VALIDATE = 'com.amazon.coral.validate#';
const DYNAMODB = 'com.amazonaws.dynamodb.v20120810#';

const NAMESPACES: Partial<Record<ServiceErrorName, string>> = {
  AccessDeniedException: CORAL_SERVICE,
  IncompleteSignatureException: CORAL_SERVICE,
  InvalidSignatureException: CORAL_SERVICE,
  MissingAuthenticationTokenException: CORAL_SERVICE,
  SerializationException: CORAL_SERVICE,
  ServiceUnavailable: CORAL_SERVICE,
  ThrottlingException: CORAL_SERVICE,
  UnknownOperationException: CORAL_SERVICE,
  UnrecognizedClientException: CORAL_SERVICE,
  ValidationException: CORAL_VALIDATE,
};

export interface ServiceErrorOptions {
  /** HTTP status; 400 unless told otherwise (500 for InternalServerError, 503 for ServiceUnavailable). */
  readonly status?: number;
  /** Further members of the error's body, such as `Item` or `CancellationReasons`. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export class ServiceError extends Error {
  override readonly name: ServiceErrorName;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(name: ServiceErrorName, message: string, options: ServiceErrorOptions = {}) {
    super(message);
    this.name = name;
    this.status = options.status ?? (name === 'InternalServerError' ? 500 : name === 'ServiceUnavailable' ? 503 : 400);
    this.members = options.members ?? {};
  }

  /** The body as DynamoDB writes it. Its protocol layer spells `Message` in some namespaces; SDKs read both. */
  toOutput(): Record<string, unknown> {
    const namespace = NAMESPACES[this.name] ?? DYNAMODB;
    return this.message === ''
      ? { __type: namespace + this.name, ...this.members }
      : { __type: namespace + this.name, message: this.message, ...this.members };
  }
}

export function validationError(message: string): ServiceError {
  return new ServiceError('ValidationException', message);
}
