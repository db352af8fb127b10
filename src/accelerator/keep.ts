/** The form in which an answer is kept, and what it takes there. */
import { byteStringOfBytes } from '../base/bytes.ts';
import type { CellForm } from '../cache/entry-cache.ts';
import type { Leaf, Shape } from '../model/packed-item.ts';
import { outputFrom, type PackedReply } from '../model/packed-reply.ts';
import { ServiceReply, type JsonObject } from '../model/service-call.ts';
import type { Parts } from './parts.ts';

/** What the objects around a body take, when it is a text and when it is a buffer. */
const TEXT_OVERHEAD_BYTES = 200;
const BUFFER_OVERHEAD_BYTES = 500;
/** Longer ones are sent without being copied. */
const TEXT_BYTES_MAX = 16 * 1024;

/** An answer as a cache has it. What is packed is shown as it lies there, and is good until the cache is changed next. */
export type KeptAnswer = ServiceReply | PackedReply;

/** How answers lie in the item cache: a packed item as its shape and its leaves, anything else as it is. */
export const inCells: CellForm<KeptAnswer> = {
  cellsOf: (answer) =>
    answer instanceof ServiceReply ? [answer] : [answer.shape, ...answer.leaves.slice(answer.first, answer.end)],
  valueIn(cells, first, end) {
    const head = cells[first] as ServiceReply | Shape | undefined;
    if (head instanceof ServiceReply) return head;
    return { shape: head, leaves: cells as readonly Leaf[], first: first + 1, end, page: undefined };
  },
};

/** An answer in the form in which it is to be kept, and what it takes. */
export interface Kept {
  readonly answer: KeptAnswer;
  readonly sizeBytes: number;
}

/**
 * Undefined for an answer that is too large to be kept.
 *
 * @param output holds nothing of the answer but what every caller may see.
 * @param bytesOf the same in bytes, where they are at hand.
 */
export function keep({ packer, tuning }: Parts, output: JsonObject, bytesOf?: () => Buffer): Kept | undefined {
  const packed = packer?.pack(output);
  if (packed !== undefined) return packed.sizeBytes > tuning.entryBytesMax ? undefined : packed;
  const body = bytesOf?.() ?? Buffer.from(JSON.stringify(output));
  if (body.byteLength > tuning.entryBytesMax) return undefined;
  return keepBytes(body);
}

/** In bytes of its own: a slice of a connection's receive buffer would keep all of it alive. */
function keepBytes(body: Buffer): Kept {
  if (body.byteLength <= TEXT_BYTES_MAX) {
    const answer = ServiceReply.fromText(byteStringOfBytes(body));
    return { answer, sizeBytes: body.byteLength + TEXT_OVERHEAD_BYTES };
  }
  const own = Buffer.allocUnsafeSlow(body.byteLength);
  own.set(body);
  return { answer: ServiceReply.fromBody(200, own), sizeBytes: own.byteLength + BUFFER_OVERHEAD_BYTES };
}

export function replyOf(kept: KeptAnswer): ServiceReply {
  return kept instanceof ServiceReply ? kept : ServiceReply.fromPacked(ownLeaves(kept));
}

/** A reply is read later, when what lay in the cache's cells may have made room for something else. */
function ownLeaves(packed: PackedReply): PackedReply {
  if (packed.first === 0) return packed;
  const leaves = packed.leaves.slice(packed.first, packed.end);
  return { ...packed, leaves, first: 0, end: leaves.length };
}

/** The output of a kept answer, new each time: nothing that is made of it is to stay with the answer. */
export function copyOfOutput(kept: KeptAnswer): JsonObject {
  return kept instanceof ServiceReply ? (JSON.parse(kept.body.toString('utf8')) as JsonObject) : outputFrom(kept);
}
