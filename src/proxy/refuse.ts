/**
 * Turns what went wrong on this side of the store into an answer in DynamoDB's form, so that every SDK reads it, retries it
 * as it would retry the service's own fault, and shows the user our message. Nothing here ends the process (I13).
 */
import { SlipstreamError } from '../base/errors.ts';
import type { SlipstreamErrorCode } from '../base/errors.ts';
import { ServiceReply } from '../model/service-call.ts';
import { ServiceError } from '../model/service-error.ts';

interface Refusal {
  readonly name: 'InternalServerError' | 'ServiceUnavailable' | 'ThrottlingException' | 'ValidationException';
  readonly status: number;
}

const UNAVAILABLE: Refusal = { name: 'ServiceUnavailable', status: 503 };
const FAULT: Refusal = { name: 'InternalServerError', status: 500 };

/** SDKs retry 5xx and throttling, and nothing else: that is what decides a row. */
const refusals: Readonly<Record<SlipstreamErrorCode, Refusal>> = {
  SLIPSTREAM_BACKING_UNREACHABLE: UNAVAILABLE,
  SLIPSTREAM_CONNECTION_LOST: UNAVAILABLE,
  SLIPSTREAM_CLOSED: UNAVAILABLE,
  SLIPSTREAM_BACKING_TIMEOUT: { name: 'ServiceUnavailable', status: 504 },
  SLIPSTREAM_LIMIT: { name: 'ThrottlingException', status: 400 },
  SLIPSTREAM_BACKING_IS_SELF: { name: 'ValidationException', status: 400 },
  SLIPSTREAM_NOT_AUTHORISED: FAULT,
  SLIPSTREAM_VERSION_MISMATCH: FAULT,
  SLIPSTREAM_BAD_OPTION: FAULT,
  SLIPSTREAM_PORT_IN_USE: FAULT,
  SLIPSTREAM_STORE_LOCKED: FAULT,
  SLIPSTREAM_STORE_CORRUPT: FAULT,
};

/** The answer for a call that failed with `error`. */
export function refusalOf(error: unknown): ServiceReply {
  if (error instanceof ServiceError) return ServiceReply.fromError(error);
  if (error instanceof SlipstreamError) {
    const { name, status } = refusals[error.code];
    return ServiceReply.fromError(new ServiceError(name, `${error.code}: ${error.message}`, { status }));
  }
  return ServiceReply.fromError(
    new ServiceError('InternalServerError', 'Slipstream met a fault of its own; its log has the details'),
  );
}

/** True for what only a bug can cause, which the log must show. */
export function isFault(error: unknown): boolean {
  return !(error instanceof ServiceError || error instanceof SlipstreamError);
}

/** A body over the limit, which the service refuses before it reads the call. */
export function tooLarge(limitBytes: number): ServiceReply {
  return ServiceReply.fromOutput(
    {
      __type: 'com.amazon.coral.service#RequestEntityTooLargeException',
      message: `Request body is larger than ${limitBytes} bytes`,
    },
    { status: 413 },
  );
}
