/** An accelerator over real in-memory stores on a virtual clock, with one table, and short ways to call it. */
import { createAccelerator, type Accelerator, type Answer } from '../../src/accelerator/accelerator.ts';
import type { AcceleratorTuning } from '../../src/accelerator/options.ts';
import type { Log } from '../../src/base/log.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import type { ChangeFeed } from '../../src/feed/change-feed.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { GatedStore } from './gated-store.ts';

export const TABLE_NAME = 'Orders';

/** `pk` and `sk`, a global index `by-status` (status, at) and a local one `by-at` (pk, at). */
export const tableDefinition = {
  TableName: TABLE_NAME,
  AttributeDefinitions: ['pk', 'sk', 'status', 'at'].map((name) => ({ AttributeName: name, AttributeType: 'S' })),
  KeySchema: keys('pk', 'sk'),
  GlobalSecondaryIndexes: [
    { IndexName: 'by-status', KeySchema: keys('status', 'at'), Projection: { ProjectionType: 'ALL' } },
  ],
  LocalSecondaryIndexes: [{ IndexName: 'by-at', KeySchema: keys('pk', 'at'), Projection: { ProjectionType: 'ALL' } }],
  BillingMode: 'PAY_PER_REQUEST',
};

function keys(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}

export interface Rig {
  readonly accelerator: Accelerator;
  readonly clock: VirtualClock;
  readonly store: EmbeddedStore;
  /** What the accelerator sends goes through here. */
  readonly gate: GatedStore;
  call(operation: string, input: JsonObject, control?: 'bypass' | 'refresh'): Promise<Answer>;
  /** Straight to the store, past the accelerator. */
  direct(operation: string, input: JsonObject): Promise<JsonObject>;
  close(): Promise<void>;
}

export interface RigOptions extends AcceleratorTuning {
  readonly log?: Log | undefined;
  readonly keep?: 'bytes' | 'values' | undefined;
  readonly feed?: ChangeFeed | 'direct' | undefined;
  /** Puts something between the accelerator and the store. */
  readonly between?: (store: EmbeddedStore) => BackingStore;
}

export async function openRig({ feed, between, ...tuning }: RigOptions = {}): Promise<Rig> {
  const clock = new VirtualClock();
  const store = await openStore({ inMemory: true });
  const gate = new GatedStore(between?.(store) ?? store);
  const accelerator = createAccelerator({
    backing: gate,
    feed: feed === 'direct' ? store.feed : feed,
    clock,
    ttlJitter: 0,
    ...tuning,
  });
  const rig: Rig = {
    accelerator,
    clock,
    store,
    gate,
    async call(operation, input, control) {
      return accelerator.execute(ServiceRequest.fromInput(operation, { TableName: TABLE_NAME, ...input }), { control });
    },
    async direct(operation, input) {
      const request = ServiceRequest.fromInput(operation, { TableName: TABLE_NAME, ...input });
      return (await store.send(request)).output;
    },
    async close() {
      await accelerator.close();
      await store.close();
    },
  };
  const created = await gate.send(ServiceRequest.fromInput('CreateTable', tableDefinition));
  if (!created.ok) throw new Error(JSON.stringify(created.output));
  gate.sent.length = 0;
  return rig;
}

/** An item of strings. */
export function item(attributes: Record<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(attributes).map(([name, text]) => [name, { S: text }]));
}

/** An item's strings. */
export function texts(attributes: JsonObject | undefined): Record<string, string> | undefined {
  if (attributes === undefined) return undefined;
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, (value as { S: string }).S]));
}
