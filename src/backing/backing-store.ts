import type { ServiceReply, ServiceRequest } from '../model/service-call.ts';

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Anything that answers DynamoDB's API: a remote service, the embedded store, an SDK client. */
export interface BackingStore {
  /**
   * Sends one call. Resolves with whatever the store answered, refusals (4xx) and faults (5xx) included.
   *
   * @throws {SlipstreamError} when there is no answer to give; the outcome of a write is then unknown (invariant I5).
   *   SLIPSTREAM_CONNECTION_LOST or SLIPSTREAM_BACKING_TIMEOUT: no answer came. SLIPSTREAM_BACKING_UNREACHABLE: no
   *   connection could be made. SLIPSTREAM_LIMIT: too many calls wait, or the answer is too large.
   */
  send(request: ServiceRequest, options?: SendOptions): Promise<ServiceReply>;
  close(): Promise<void>;
  /**
   * True while a Slipstream node answers that also is the change feed: it shows every mutation that it has told of, so that
   * reads of recent keys need not be strong to be cached (I2).
   */
  readonly settlesReads?: boolean | undefined;
}
