/** Calls a store's operations by their names; for tests and for scripts. */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { STREAMS_TARGET } from '../../src/model/operations.ts';
import { ServiceRequest, type JsonObject, type ServiceReply } from '../../src/model/service-call.ts';

const STREAM_OPERATIONS = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords']);

/** The output of a call that has to succeed. */
export async function call(store: BackingStore, operation: string, input: JsonObject): Promise<JsonObject> {
  const reply = await send(store, operation, input);
  if (!reply.ok) throw new Error(`${operation}: ${reply.body.toString()}`);
  return JSON.parse(reply.body.toString()) as JsonObject;
}

/** The exception's name and message of a call that has to be refused. */
export async function refusal(store: BackingStore, operation: string, input: JsonObject): Promise<string> {
  const reply = await send(store, operation, input);
  if (reply.ok) throw new Error(`${operation} was not refused: ${reply.body.toString()}`);
  return `${reply.errorName}: ${String(reply.output['message'])}`;
}

export function send(store: BackingStore, operation: string, input: JsonObject): Promise<ServiceReply> {
  const options = STREAM_OPERATIONS.has(operation) ? { api: STREAMS_TARGET } : {};
  return store.send(ServiceRequest.fromInput(operation, input, options));
}
