/** Opens stores for tests and closes them afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore, type StoreOptions } from '../../src/store/embedded-store.ts';

export { call, refusal, send } from './store-calls.ts';

export async function openTestStore(options: StoreOptions = { inMemory: true }): Promise<EmbeddedStore> {
  const store = await openStore(options);
  onTestFinished(() => store.close());
  return store;
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipstream-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A table with a string partition key `p`, a number sort key `s`, and whatever else is asked for. */
export function tableInput(name: string, more: JsonObject = {}): JsonObject {
  const { AttributeDefinitions: others = [], ...rest } = more;
  return {
    TableName: name,
    KeySchema: [
      { AttributeName: 'p', KeyType: 'HASH' },
      { AttributeName: 's', KeyType: 'RANGE' },
    ],
    AttributeDefinitions: [
      { AttributeName: 'p', AttributeType: 'S' },
      { AttributeName: 's', AttributeType: 'N' },
      ...(others as JsonObject[]),
    ],
    BillingMode: 'PAY_PER_REQUEST',
    ...rest,
  };
}

export function item(p: string, s: number, more: JsonObject = {}): JsonObject {
  return { p: { S: p }, s: { N: String(s) }, ...more };
}
