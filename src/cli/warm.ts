/**
 * `slipstream warm`: fills a running proxy's item cache, by reading the tables through its HTTP door. The keys come from a
 * strongly consistent Scan, which passes through: its pages would push out of the cache what is asked for.
 */
import { createRemoteStore } from '../backing/remote-store.ts';
import type { BackingStore } from '../backing/backing-store.ts';
import type { Item } from '../model/attribute-value.ts';
import { ServiceRequest } from '../model/service-call.ts';
import type { JsonObject } from '../model/service-call.ts';
import { tableSchemaOf } from '../model/table-schema.ts';
import { FAILED, OK } from './exit-code.ts';
import type { Options } from './option-table.ts';

const KEYS_A_BATCH_MAX = 100;

/** All tables when none is named. */
export async function warm(options: Options, tables: readonly string[]): Promise<number> {
  // The door takes any credentials; a proxy of another kind than `--auth none` would need the caller's own.
  const proxy = createRemoteStore({ url: options.endpoint, region: options.region });
  try {
    const names = tables.length > 0 ? tables : await allTables(proxy);
    for (const name of names) {
      const items = await warmTable(proxy, name);
      process.stdout.write(`${name}: ${items} items\n`);
    }
    return OK;
  } catch (error) {
    process.stderr.write(`slipstream warm: ${error instanceof Error ? error.message : String(error)}\n`);
    return FAILED;
  } finally {
    await proxy.close();
  }
}

async function allTables(proxy: BackingStore): Promise<string[]> {
  const names: string[] = [];
  let after: unknown;
  do {
    const page = await ask(proxy, 'ListTables', after === undefined ? {} : { ExclusiveStartTableName: after });
    names.push(...(page['TableNames'] as string[]));
    after = page['LastEvaluatedTableName'];
  } while (after !== undefined);
  return names;
}

async function warmTable(proxy: BackingStore, table: string): Promise<number> {
  const description = await ask(proxy, 'DescribeTable', { TableName: table });
  const { key } = tableSchemaOf(description['Table'] as JsonObject);
  const names = [...key.partition, ...key.sort].map(({ name }) => name);
  const scan = {
    TableName: table,
    ConsistentRead: true,
    ProjectionExpression: names.map((_, i) => `#k${i}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name, i) => [`#k${i}`, name])),
  };
  let items = 0;
  let after: unknown;
  do {
    const page = await ask(proxy, 'Scan', after === undefined ? scan : { ...scan, ExclusiveStartKey: after });
    const keys = page['Items'] as Item[];
    for (let i = 0; i < keys.length; i += KEYS_A_BATCH_MAX) {
      await readBatch(proxy, table, keys.slice(i, i + KEYS_A_BATCH_MAX));
    }
    items += keys.length;
    after = page['LastEvaluatedKey'];
  } while (after !== undefined);
  return items;
}

/** A batch may come back in parts: its answer is cut at 16 MB. */
async function readBatch(proxy: BackingStore, table: string, keys: readonly Item[]): Promise<void> {
  let left: JsonObject = { [table]: { Keys: keys } };
  while (Object.keys(left).length > 0) {
    const reply = await ask(proxy, 'BatchGetItem', { RequestItems: left });
    left = (reply['UnprocessedKeys'] ?? {}) as JsonObject;
  }
}

async function ask(proxy: BackingStore, operation: string, input: JsonObject): Promise<JsonObject> {
  const reply = await proxy.send(ServiceRequest.fromInput(operation, input));
  if (!reply.ok) throw new Error(`${operation} was refused: ${reply.body.toString('utf8')}`);
  return reply.output;
}
