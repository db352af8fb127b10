/**
 * The tests of TryDax, the sample application of Amazon's DAX guide: ten partitions of ten items of 1,000 bytes; GetItem of each
 * item, Query of each partition's sort keys 2 to 9, Scan of the table, over and over by one caller.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DAX.client.run-application-nodejs.html
 */
import { call, callAll } from '../call.ts';
import type { Child } from '../child.ts';
import type { Request } from '../dataset.ts';
import { onceEach, runLoad } from '../load.ts';
import type { Plan } from '../options.ts';
import type { Fact, Row, Section } from '../report/result.ts';
import { bytesOf } from '../request-bytes.ts';
import { serverOf, startProxy, startStore, untilHits } from '../stores.ts';
import { rowOfRun } from '../turns.ts';
import { withServers } from '../with-servers.ts';

const TABLE = 'TryDaxTable';
const SIDE = 10;
const DATA = 'X'.repeat(1_000);
const SECONDS_MAX = 60;

const numbers = Array.from({ length: SIDE }, (_, index) => index + 1);
const number = (value: number) => ({ N: String(value) });
const keys = numbers.flatMap((pk) => numbers.map((sk) => ({ pk: number(pk), sk: number(sk) })));

const createTable: Request = {
  operation: 'CreateTable',
  input: {
    TableName: TABLE,
    AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'N' })),
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  },
};

const tests: Readonly<Record<string, readonly Request[]>> = {
  GetItem: keys.map((Key) => ({ operation: 'GetItem', input: { TableName: TABLE, Key } })),
  Query: numbers.map((pk) => ({
    operation: 'Query',
    input: {
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pkval and sk between :skval1 and :skval2',
      ExpressionAttributeValues: { ':pkval': number(pk), ':skval1': number(2), ':skval2': number(9) },
    },
  })),
  Scan: [{ operation: 'Scan', input: { TableName: TABLE } }],
};

export async function measureTryDax(plan: Plan): Promise<Section> {
  const rows: Row[] = [];
  const facts: Fact[] = [];
  await withServers(async (keep) => {
    for (const [name, title] of [
      ['embedded', 'store'],
      ['slow', 'store + 3 ms'],
    ] as const) {
      const store = await keep(startStore(name, 0));
      await loadTable(store.ready.http);
      const proxy = await keep(startProxy(store, []));
      // A table that the proxy has not met is not cached yet; one key that no test asks for is asked for until it is.
      await untilHits(proxy, [
        { operation: 'GetItem', input: { TableName: TABLE, Key: { pk: number(0), sk: number(0) } } },
      ]);
      for (const [test, requests] of Object.entries(tests)) {
        for (const [where, server] of [
          [title, store],
          [`Slipstream, ${title} behind it`, proxy],
        ] as const) {
          const row = await runTest(`${where}: ${test}`, server, requests, plan.tryDaxIterations);
          rows.push(row);
          const totalMs = (1000 * row.count) / row.operationsPerSecond;
          facts.push({ name: `${row.subject}: ${row.count} calls in`, value: totalMs, unit: 'ms' });
        }
      }
    }
  });
  return {
    id: 'try-dax',
    title: "TryDax, the DAX guide's sample",
    method:
      `${plan.tryDaxIterations} iterations over 100 items of 1,000 bytes, by one caller who waits for each answer, as the ` +
      'sample does; the first iteration finds the caches empty. The store is the embedded one, the 3 ms are injected. ' +
      'Latencies are from sending to answer.',
    rows,
    facts,
  };
}

async function loadTable(url: string): Promise<void> {
  await call(url, createTable);
  const puts = keys.map((key) => ({ PutRequest: { Item: { ...key, someData: { S: DATA } } } }));
  const batches = numbers.map((n) => puts.slice((n - 1) * SIDE, n * SIDE));
  await callAll(
    url,
    batches.map((batch) => ({ operation: 'BatchWriteItem', input: { RequestItems: { [TABLE]: batch } } })),
  );
}

async function runTest(subject: string, child: Child, requests: readonly Request[], iterations: number): Promise<Row> {
  const { url, cpuMs } = serverOf(child);
  const bytes = requests.map(bytesOf);
  const next = onceEach(Array.from({ length: iterations }, () => bytes).flat());
  return rowOfRun(subject, 1, await runLoad({ url, cpuMs, connections: 1, next }, { seconds: SECONDS_MAX }));
}
