/**
 * What it costs to find the cached pages that a change of one item concerns: `npm run bench:matching`. The pages are
 * cached by real queries of the embedded store; the changes come as feed records that lie in the partition and in none of
 * its pages' ranges, so that no page goes and each record meets the same work.
 */
import { createAccelerator } from '../src/accelerator/accelerator.ts';
import type { ChangeFeed, FeedListener } from '../src/feed/change-feed.ts';
import { ServiceRequest } from '../src/model/service-call.ts';
import { openStore } from '../src/store/embedded-store.ts';

const TableName = 'Matching';
const RECORDS = 20_000;
const PAGES_ELSEWHERE = 100_000;

const store = await openStore({ inMemory: true });
let listener: FeedListener | undefined;
const feed: ChangeFeed = {
  subscribe: (subscriber) => void (listener = subscriber),
  watch: (tableName) => {
    listener?.onCaughtUp(tableName, Number.MAX_SAFE_INTEGER);
    return Promise.resolve('live');
  },
  unwatch: () => undefined,
  state: () => 'live',
  close: () => Promise.resolve(),
};
const accelerator = createAccelerator({ backing: store, feed, queryCacheBytes: 2 ** 30, mutationLogMs: 0 });
const call = (operation: string, input: object) =>
  Promise.resolve(accelerator.execute(ServiceRequest.fromInput(operation, { TableName, ...input })));

await call('CreateTable', {
  AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
});

/** One page, of a range below 'y' that no other page has. */
async function cachePage(pk: string, place: number): Promise<void> {
  const bound = `x${String(place).padStart(6, '0')}`;
  await call('Query', {
    KeyConditionExpression: 'pk = :p AND sk < :s',
    ExpressionAttributeValues: { ':p': { S: pk }, ':s': { S: bound } },
  });
}

function microsecondsPerRecord(pk: string): number {
  const key = { pk: { S: pk }, sk: { S: 'z' } };
  const record = (version: number) => ({ ...key, version: { N: String(version) } });
  const begin = process.hrtime.bigint();
  for (let version = 1; version <= RECORDS; version++) {
    listener?.onRecord({
      tableName: TableName,
      key,
      oldImage: record(version - 1),
      newImage: record(version),
      kind: 'MODIFY',
      viewType: 'NEW_AND_OLD_IMAGES',
    });
  }
  return Number(process.hrtime.bigint() - begin) / 1000 / RECORDS;
}

const counts = [1, 10, 100, 1_000];
for (const count of counts) for (let place = 0; place < count; place++) await cachePage(`p${count}`, place);
microsecondsPerRecord('warm-up');
const without = counts.map((count) => microsecondsPerRecord(`p${count}`));
for (let i = 0; i < PAGES_ELSEWHERE; i++) await cachePage(`elsewhere${i % 10_000}`, i);
const withMany = counts.map((count) => microsecondsPerRecord(`p${count}`));
const { entries, removedByInvalidation } = accelerator.stats().query;

console.log(`pages cached ${entries}, dropped ${removedByInvalidation}; µs a record, ${RECORDS} records each`);
console.log('pages of the partition | no others | 100,000 elsewhere');
counts.forEach((count, i) => {
  console.log(
    `${String(count).padStart(22)} | ${without[i]?.toFixed(2).padStart(9)} | ${withMany[i]?.toFixed(2).padStart(9)}`,
  );
});
await accelerator.close();
await store.close();
