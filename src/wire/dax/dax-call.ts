/** One call of the data plane as it came: it makes the request of DynamoDB's API, and the answer's bytes from its reply. */
import type { OperationName } from '../../model/operations.ts';
import type { JsonObject } from '../../model/service-call.ts';
import type { CborWriter } from './cbor-writer.ts';
import type { ItemCodec } from './item-codec.ts';

export interface DaxCall {
  readonly operation: OperationName;
  /** Tables whose keys must be known to read the call. */
  readonly tables: readonly string[];
  /**
   * A reply of the cache, given twice to calls of one form, has the same bytes both times. Undefined where an answer is made
   * for this call alone.
   */
  readonly form: string | undefined;
  /** Tables of a transaction's actions, in their order, whose items an error may show. */
  readonly actionTables?: readonly string[];
  /** @throws {ServiceError | MalformedFrame} */
  inputOf(codec: ItemCodec): JsonObject;
  /** Writes what stands behind the empty list of error codes. */
  writeReply(writer: CborWriter, output: JsonObject, codec: ItemCodec): void;
}

/** Who sends: the head of a connection's first message. */
export interface DaxClient {
  /** Such as `DaxJSV3Client-3.1.0`; '' when it does not say. */
  readonly userAgent: string;
}

/** Clients that mean the same by the same bytes are of one dialect: all but one are. */
export function dialectOf({ userAgent }: DaxClient): '' | 'Go' {
  return userAgent.startsWith('DaxGo') ? 'Go' : '';
}
