/**
 * Errors that are ours: a `SlipstreamError` for what a user can meet and act on, an `AssertionError` for a bug.
 * What the store answers is never wrapped in one of these; it is forwarded (`model/service-error.ts`).
 */

export type SlipstreamErrorCode =
  | 'SLIPSTREAM_BAD_OPTION'
  | 'SLIPSTREAM_PORT_IN_USE'
  | 'SLIPSTREAM_BACKING_UNREACHABLE'
  | 'SLIPSTREAM_BACKING_IS_SELF'
  | 'SLIPSTREAM_BACKING_TIMEOUT'
  | 'SLIPSTREAM_CONNECTION_LOST'
  | 'SLIPSTREAM_STORE_LOCKED'
  | 'SLIPSTREAM_STORE_CORRUPT'
  | 'SLIPSTREAM_NOT_AUTHORISED'
  | 'SLIPSTREAM_VERSION_MISMATCH'
  | 'SLIPSTREAM_LIMIT'
  | 'SLIPSTREAM_CLOSED';

const brand: unique symbol = Symbol.for('slipstream.error') as never;

/** Branded, so that `instanceof` also holds between two copies of the package in one `node_modules` tree. */
export class SlipstreamError extends Error {
  readonly code: SlipstreamErrorCode;
  readonly [brand] = true;

  constructor(code: SlipstreamErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SlipstreamError';
    this.code = code;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** A broken assumption of ours: a bug, never the user's fault. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

export function assertNever(value: never): never {
  throw new AssertionError(`unexpected value: ${String(value)}`);
}
