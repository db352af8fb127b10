/** The form in which an answer is kept, and what it takes there. */
import { outputFrom, type PackedReply } from '../model/packed-reply.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import type { Parts } from './parts.ts';

/** What the objects around a body take. */
const BODY_OVERHEAD_BYTES = 200;

/**
 * An answer as a cache has it. What is packed stands there by itself: each object between a cache and the texts of an item is
 * one more place in memory that nobody has looked at lately.
 */
export type KeptAnswer = ServiceReply | PackedReply;

/** An answer in the form in which it is to be kept, and what it takes. */
export interface Kept {
  readonly answer: KeptAnswer;
  readonly sizeBytes: number;
}

/**
 * Undefined for an answer that is too large to be kept.
 *
 * @param output holds nothing of the answer but what every caller may see.
 * @param bytesOf the same in bytes of their own, where they are at hand.
 */
export function keep({ packer, tuning }: Parts, output: JsonObject, bytesOf?: () => Buffer): Kept | undefined {
  const packed = packer?.pack(output);
  if (packed !== undefined) return packed.sizeBytes > tuning.entryBytesMax ? undefined : packed;
  const body = bytesOf?.() ?? Buffer.from(JSON.stringify(output));
  if (body.byteLength > tuning.entryBytesMax) return undefined;
  return { answer: ServiceReply.fromBody(200, body), sizeBytes: body.byteLength + BODY_OVERHEAD_BYTES };
}

export function replyOf(kept: KeptAnswer): ServiceReply {
  return kept instanceof ServiceReply ? kept : ServiceReply.fromPacked(kept);
}

/** The output of a kept answer, new each time: nothing that is made of it is to stay with the answer. */
export function copyOfOutput(kept: KeptAnswer): JsonObject {
  return kept instanceof ServiceReply ? (JSON.parse(kept.body.toString('utf8')) as JsonObject) : outputFrom(kept);
}
