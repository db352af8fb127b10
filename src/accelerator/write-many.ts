/**
 * A call that writes several keys: each of them counts as written before the answer goes out, but for those that the answer
 * says were not (I11).
 */
import type { Item } from '../model/attribute-value.ts';
import type { JsonObject, ServiceReply, ServiceRequest } from '../model/service-call.ts';
import type { Answer, ExecuteOptions } from './answer.ts';
import { answered } from './ask-store.ts';
import type { Image } from './mutation.ts';
import { beginWrite, isRefusal, writeApplied, writeRefused, writeUnknown, type OwnWrite } from './own-write.ts';
import { planOrPass } from './parameters.ts';
import type { Parts } from './parts.ts';
import type { OpenTable } from './tables.ts';

export interface WriteOfKey {
  readonly table: OpenTable;
  /** An exact key of the table. */
  readonly key: Item;
  readonly newImage: Image;
}

export interface WriteKind {
  /** The writes of a call, from tables by the names that it uses; undefined where one of them cannot be read. */
  readonly plan: (tables: ReadonlyMap<string, OpenTable>, request: ServiceRequest) => readonly WriteOfKey[] | undefined;
  /** Those of the planned writes that an acknowledged call did not apply. */
  readonly notWritten: (planned: readonly WriteOfKey[], output: JsonObject) => ReadonlySet<WriteOfKey>;
  /** Whether what a write leaves may be cached: false where an acknowledged call may not have been applied just now. */
  readonly mayInstall: boolean;
}

export async function writeMany(
  parts: Parts,
  tables: ReadonlyMap<string, OpenTable>,
  request: ServiceRequest,
  options: ExecuteOptions,
  kind: WriteKind,
): Promise<Answer> {
  const planned = planOrPass(() => kind.plan(tables, request));
  const begun = new Map<WriteOfKey, OwnWrite>();
  for (const write of planned ?? []) {
    const own = beginWrite(parts, write.table, write.key);
    if (own !== undefined) begun.set(write, own);
  }
  let reply: ServiceReply | undefined;
  try {
    reply = await parts.backing.send(request, { signal: options.signal });
  } finally {
    if (planned === undefined) forgetAll(parts, tables, reply);
    else settleAll(parts, begun, reply, kind);
  }
  return answered(reply, 'pass');
}

/** Writes that we could not read and the store did not refuse: nothing is known of their tables any more. */
function forgetAll(parts: Parts, tables: ReadonlyMap<string, OpenTable>, reply: ServiceReply | undefined): void {
  if (reply !== undefined && isRefusal(reply)) return;
  for (const table of tables.values()) table.reset(parts.clock.monotonicMs());
}

function settleAll(
  parts: Parts,
  begun: ReadonlyMap<WriteOfKey, OwnWrite>,
  reply: ServiceReply | undefined,
  { notWritten, mayInstall }: WriteKind,
): void {
  const isRefused = reply !== undefined && isRefusal(reply);
  const left = reply?.ok === true ? planOrPass(() => notWritten([...begun.keys()], reply.output)) : undefined;
  for (const [write, own] of begun) {
    const isLeft = left?.has(write) === true;
    // An earlier attempt of the same call may have done what the last one leaves unprocessed.
    if (isRefused || (isLeft && reply?.isUncertain === false)) writeRefused(own);
    else if (left === undefined || isLeft) writeUnknown(parts, own, write.newImage);
    else writeApplied(parts, own, { oldImage: 'unknown', newImage: write.newImage, mayInstall });
  }
}
