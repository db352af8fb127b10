/**
 * Removes what a stream may no longer show: records that are older than the retention, and closed shards that ended before
 * it and hold nothing any more. In bounded batches, each committed before the next, so that requests get their turns; a
 * sweep that is cut short, by a crash too, is taken up by the next one.
 */
import { timeOfChange } from './change-record.ts';
import type { Environment } from './environment.ts';
import { changeRange, sequenceOfChange, shardKey } from './key-space.ts';
import type { Shard, Stream } from './stream.ts';
import type { Writer } from './writer.ts';

const BATCH_ROWS_MAX = 1_000;

export interface TrimTask {
  readonly environment: Environment;
  readonly writer: Writer;
  readonly stream: Stream;
  /** What is older goes. */
  readonly oldestMs: number;
  readonly isStopped: () => boolean;
  readonly save: (shard: Shard) => void;
}

export async function trimStream(task: TrimTask): Promise<void> {
  const { environment, writer, stream, oldestMs } = task;
  for (const shard of [...stream.shards()]) {
    while (trimBatch(task, shard)) {
      await writer.committed();
      if (task.isStopped()) return;
    }
    if (shard.closedMs === undefined || shard.closedMs >= oldestMs) continue;
    if (hasRecords(environment, stream, shard)) continue;
    stream.remove(shard);
    writer.remove(shardKey(stream.number, shard.number));
  }
}

/** True when it removed something, so that there may be more. */
function trimBatch({ environment, writer, stream, oldestMs, save }: TrimTask, shard: Shard): boolean {
  let removed = 0;
  for (const { key, value } of environment.rows(changeRange(stream.number, shard.number, 0))) {
    if (timeOfChange(value) >= oldestMs) break;
    writer.remove(key);
    shard.trimmedThrough = sequenceOfChange(key);
    if (++removed === BATCH_ROWS_MAX) break;
  }
  if (removed > 0) save(shard);
  return removed > 0;
}

function hasRecords(environment: Environment, stream: Stream, shard: Shard): boolean {
  for (const _ of environment.keys(changeRange(stream.number, shard.number, 0))) return true;
  return false;
}
