/**
 * Reads a table into the item cache of whoever is asked. The keys come from a strongly consistent Scan, which passes
 * through: its pages would push out of the cache what is asked for. The items come by BatchGetItem, which fills.
 */
import { sleep, type Clock } from '../base/clock.ts';
import type { JsonObject } from '../model/service-call.ts';

/** Makes one call of DynamoDB's API, and throws where it is refused or the caller's signal has aborted. */
export type Ask = (operation: 'DescribeTable' | 'Scan' | 'BatchGetItem', input: JsonObject) => Promise<JsonObject>;

export interface WarmTableOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** How many more items there is room for, by what those so far have taken; asked before each batch. */
  roomFor?(soFar: number): number;
}

export interface WarmResult {
  /** Items that were read. */
  readonly items: number;
  /** False when the next ones would have pushed others out of the cache: the rest of the table was left. */
  readonly isComplete: boolean;
}

const KEYS_A_BATCH_MAX = 100;
/** How large the items are is not known before some were read. */
const KEYS_FIRST = 10;
const FIRST_PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;

/** @throws what `ask` throws; the signal's reason when it aborts in a pause. */
export async function warmTable(ask: Ask, tableName: string, options: WarmTableOptions): Promise<WarmResult> {
  let items = 0;
  for await (const keys of keysOf(ask, tableName)) {
    let batch: readonly JsonObject[];
    for (let i = 0; i < keys.length; i += batch.length) {
      const room = options.roomFor?.(items) ?? Infinity;
      batch = keys.slice(i, i + Math.min(room, items === 0 ? KEYS_FIRST : KEYS_A_BATCH_MAX));
      if (batch.length === 0) return { items, isComplete: false };
      await readBatch(ask, tableName, batch, options);
      items += batch.length;
    }
  }
  return { items, isComplete: true };
}

async function* keysOf(ask: Ask, tableName: string): AsyncGenerator<readonly JsonObject[]> {
  const { Table: table } = (await ask('DescribeTable', { TableName: tableName })) as { readonly Table: JsonObject };
  const names = (table['KeySchema'] as readonly { readonly AttributeName: string }[]).map((key) => key.AttributeName);
  const scan = {
    TableName: tableName,
    ConsistentRead: true,
    ProjectionExpression: names.map((_, i) => `#k${i}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#k${i}`, name])),
  };
  let after: unknown;
  do {
    const page = await ask('Scan', after === undefined ? scan : { ...scan, ExclusiveStartKey: after });
    yield page['Items'] as readonly JsonObject[];
    after = page['LastEvaluatedKey'];
  } while (after !== undefined);
}

/** A batch may come back in parts: its answer is cut at 16 MB, and a table at its limit gives what it can. */
async function readBatch(
  ask: Ask,
  tableName: string,
  keys: readonly JsonObject[],
  { clock, signal }: WarmTableOptions,
): Promise<void> {
  let left = keys;
  let pauseMs = FIRST_PAUSE_MS;
  while (left.length > 0) {
    const reply = await ask('BatchGetItem', { RequestItems: { [tableName]: { Keys: left } } });
    const unprocessed = (reply['UnprocessedKeys'] ?? {}) as Record<string, { readonly Keys: readonly JsonObject[] }>;
    const next = unprocessed[tableName]?.Keys ?? [];
    if (next.length === left.length) {
      await sleep(clock, pauseMs, signal, true);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
    }
    left = next;
  }
}
