/**
 * What a read is answered with while the store gives no answer, where the operator has asked for that: the cached answer,
 * though its lifetime, or the trust in its table's feed, has ended not longer ago than the stated bound. Nothing that is known
 * to be outdated is there to be found: a write, a record of the feed, a gap have removed it (I3, I6, I9).
 *
 * @see https://www.rfc-editor.org/rfc/rfc5861.html#section-4
 */
import { SlipstreamError } from '../base/errors.ts';
import type { StaleHit } from '../cache/entry-cache.ts';
import type { ServiceReply } from '../model/service-call.ts';
import type { Answer } from './answer.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

/** The answer of the store; where there is none, `stale`'s. */
export async function orStale(asked: Answer | Promise<Answer>, stale: () => Answer | undefined): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await asked;
  } catch (error) {
    // The caller's abort, or a limit of ours, says nothing about the store.
    const isStores = error instanceof SlipstreamError && error.code !== 'SLIPSTREAM_LIMIT';
    const instead = isStores ? stale() : undefined;
    if (instead === undefined) throw error;
    return instead;
  }
  return answer.reply.status < 500 ? answer : (stale() ?? answer);
}

/** Undefined where the entry has been out of date, or its table out of sight, for longer than is allowed. */
export function staleAnswer<Value>(
  parts: Parts,
  table: OpenTable,
  entry: StaleHit<Value> | undefined,
  replyOf: (value: Value) => ServiceReply,
): Answer | undefined {
  if (entry === undefined) return undefined;
  const nowMs = parts.clock.monotonicMs();
  const trustedUntilMs = Math.min(entry.expiresAtMs, table.freshUntilMs);
  if (nowMs - trustedUntilMs > parts.tuning.staleIfErrorMs) return undefined;
  return { reply: replyOf(entry.value), cache: 'stale', ageMs: entry.ageMs };
}
