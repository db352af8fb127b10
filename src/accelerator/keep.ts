/** The form in which an answer is kept, and what it takes there. */
import { ENTRY_OVERHEAD_BYTES } from '../cache/entry-cache.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import type { Parts } from './parts.ts';

export interface Kept {
  readonly reply: ServiceReply;
  readonly sizeBytes: number;
}

/**
 * Undefined for an answer that is too large to be kept.
 *
 * @param output holds nothing of the answer but what every caller may see.
 * @param bytesOf the same in bytes of their own, where they are at hand.
 */
export function keep(parts: Parts, output: JsonObject, bytesOf?: () => Buffer): Kept | undefined {
  const { packer, tuning } = parts;
  const packed = packer?.pack(output);
  if (packed !== undefined) {
    const { value, sizeBytes } = packed;
    if (sizeBytes > tuning.entryBytesMax) return undefined;
    return { reply: ServiceReply.fromPacked(value), sizeBytes: sizeBytes + ENTRY_OVERHEAD_BYTES };
  }
  const body = bytesOf?.() ?? Buffer.from(JSON.stringify(output));
  if (body.byteLength > tuning.entryBytesMax) return undefined;
  return { reply: ServiceReply.fromBody(200, body), sizeBytes: body.byteLength + ENTRY_OVERHEAD_BYTES };
}

/** The output of a kept answer, new each time: nothing that is made of it is to stay with the answer. */
export function copyOfOutput(kept: ServiceReply): JsonObject {
  return kept.packed === undefined ? (JSON.parse(kept.body.toString('utf8')) as JsonObject) : kept.output;
}
