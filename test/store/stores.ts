/** Opens stores for tests and closes them afterwards; calls operations by their names. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { STREAMS_TARGET } from '../../src/model/operations.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore, type StoreOptions } from '../../src/store/embedded-store.ts';

const STREAM_OPERATIONS = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords']);

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

/** The output of a call that has to succeed. */
export async function call(store: EmbeddedStore, operation: string, input: JsonObject): Promise<JsonObject> {
  const reply = await send(store, operation, input);
  if (!reply.ok) throw new Error(`${operation}: ${reply.body.toString()}`);
  return JSON.parse(reply.body.toString()) as JsonObject;
}

/** The exception's name and message of a call that has to be refused. */
export async function refusal(store: EmbeddedStore, operation: string, input: JsonObject): Promise<string> {
  const reply = await send(store, operation, input);
  if (reply.ok) throw new Error(`${operation} was not refused: ${reply.body.toString()}`);
  return `${reply.errorName}: ${String(reply.output['message'])}`;
}

export function send(store: EmbeddedStore, operation: string, input: JsonObject) {
  const options = STREAM_OPERATIONS.has(operation) ? { api: STREAMS_TARGET } : {};
  return store.send(ServiceRequest.fromInput(operation, input, options));
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
