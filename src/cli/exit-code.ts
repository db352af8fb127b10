/**
 * Exit codes, for scripts and service managers: 0 all went well; 1 it did not (or "not ready", of `health`); 2 a bad
 * option; 3 a port is in use; 4 the backing store cannot be reached; 5 another process holds the data directory; 6 the
 * data directory is damaged.
 */
import { SlipstreamError } from '../base/errors.ts';
import type { SlipstreamErrorCode } from '../base/errors.ts';

export const OK = 0;
export const FAILED = 1;

const codes: Readonly<Record<SlipstreamErrorCode, number>> = {
  SLIPSTREAM_BAD_OPTION: 2,
  SLIPSTREAM_BACKING_IS_SELF: 2,
  SLIPSTREAM_PORT_IN_USE: 3,
  SLIPSTREAM_BACKING_UNREACHABLE: 4,
  SLIPSTREAM_BACKING_TIMEOUT: 4,
  SLIPSTREAM_CONNECTION_LOST: 4,
  SLIPSTREAM_NOT_AUTHORISED: 4,
  SLIPSTREAM_VERSION_MISMATCH: 4,
  SLIPSTREAM_STORE_LOCKED: 5,
  SLIPSTREAM_STORE_CORRUPT: 6,
  SLIPSTREAM_LIMIT: FAILED,
  SLIPSTREAM_CLOSED: FAILED,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof SlipstreamError ? codes[error.code] : FAILED;
}
