/**
 * Goal: a call whose bytes are known is answered as if it had been read anew, whatever happened in between.
 * Method: every call goes as bytes, and often enough to be known; what must not be served any more is then asked again.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Answer, ExecuteOptions } from '../../src/accelerator/answer.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { ScriptedFeed } from '../support/scripted-feed.ts';
import { item, openRig, TABLE_NAME, tableDefinition, type Rig, type RigOptions } from '../support/accelerator-rig.ts';

let rig: Rig;

async function open(options?: RigOptions): Promise<void> {
  rig = await openRig(options);
}

afterEach(() => rig.close());

/** Enough for any hit to be taken note of. */
const OFTEN = 20;

function ask(operation: string, input: JsonObject, options?: ExecuteOptions): Promise<Answer> {
  const body = Buffer.from(JSON.stringify({ TableName: TABLE_NAME, ...input }));
  return Promise.resolve(rig.accelerator.execute(ServiceRequest.fromBody(operation, body), options));
}

async function askOften(operation: string, input: JsonObject): Promise<void> {
  for (let i = 0; i < OFTEN; i++) await ask(operation, input);
  expect((await ask(operation, input)).cache).toBe('hit');
}

const key = item({ pk: 'a', sk: '1' });
const put = (v: string) => ask('PutItem', { Item: { ...key, ...item({ v }) } });
const reads: Readonly<Record<string, JsonObject>> = {
  GetItem: { Key: key },
  Query: { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) },
  Scan: {},
};

describe.each(Object.entries(reads))('a known %s', (operation, input) => {
  test('shows a write of the node at once, and one from outside when the feed tells of it', async () => {
    await open({ feed: 'direct' });
    for (const v of ['one', 'two', 'three']) {
      await put(v);
      expect((await ask(operation, input)).reply.body.toString()).toContain(v);
      await askOften(operation, input);
    }
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: 'outside' }) } });
    expect((await ask(operation, input)).reply.body.toString()).toContain('outside');
  });

  test('ends with its lifetime, with a flush, and with its table', async () => {
    await open({ itemTtlMs: 1_000, queryTtlMs: 1_000 });
    await put('one');
    await askOften(operation, input);
    await rig.clock.advance(1_001);
    expect((await ask(operation, input)).cache).toBe('miss');
    await askOften(operation, input);
    rig.accelerator.flush();
    expect((await ask(operation, input)).cache).toBe('miss');
    await askOften(operation, input);
    await ask('DeleteTable', {});
    expect((await ask(operation, input)).reply.errorName).toBe('ResourceNotFoundException');
    await rig.call('CreateTable', tableDefinition);
    expect((await ask(operation, input)).reply.body.toString()).not.toContain('one');
  });

  test('waits for a feed that is late (I8), and is not served over a gap (I9)', async () => {
    const feed = new ScriptedFeed('live', () => rig.clock.monotonicMs());
    await open({ feed, maxStalenessMs: 1_000 });
    await put('one');
    await askOften(operation, input);
    await rig.clock.advance(1_001);
    expect((await ask(operation, input)).cache).toBe('pass');
    feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    expect((await ask(operation, input)).cache).toBe('hit');
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: 'unseen' }) } });
    feed.gap(TABLE_NAME, 'restart');
    feed.caughtUp(TABLE_NAME, rig.clock.monotonicMs());
    expect((await ask(operation, input)).reply.body.toString()).toContain('unseen');
  });

  test('passes, and bypasses and refreshes when it is asked to', async () => {
    await open();
    await put('one');
    await askOften(operation, input);
    expect((await ask(operation, input, { control: 'bypass' })).cache).toBe('bypass');
    expect((await ask(operation, input, { control: 'refresh' })).cache).toBe('miss');
    await rig.accelerator.close();
    expect((await ask(operation, input)).cache).toBe('pass');
  });

  test('is counted as any other: one hit a hit, one miss a miss', async () => {
    await open();
    await put('one');
    await askOften(operation, input);
    rig.accelerator.flush();
    const cache = operation === 'GetItem' ? 'item' : 'query';
    const before = rig.accelerator.stats()[cache];
    await ask(operation, input);
    for (let i = 0; i < OFTEN; i++) await ask(operation, input);
    const after = rig.accelerator.stats()[cache];
    expect([after.hits - before.hits, after.misses - before.misses]).toEqual([OFTEN, 1]);
  });

  test('says what it consumed where it is asked, known or not', async () => {
    await open();
    await put('one');
    const asking = { ...input, ReturnConsumedCapacity: 'TOTAL' };
    for (let i = 0; i < OFTEN; i++) await ask(operation, asking);
    const { cache, reply } = await ask(operation, asking);
    expect([cache, reply.output['ConsumedCapacity']]).toEqual(['hit', { TableName: TABLE_NAME, CapacityUnits: 0 }]);
  });

  test('is the call of its operation, and no other with the same bytes', async () => {
    await open();
    await put('one');
    await askOften(operation, input);
    for (const other of Object.keys(reads).filter((name) => name !== operation)) {
      const fresh = await rig.direct(other, input);
      expect((await ask(other, input)).reply.output['__type']).toBe(fresh['__type']);
    }
  });
});

test('so many different calls that not all can be known are answered each with its own', async () => {
  await open();
  const names = Array.from({ length: 12_000 }, (_, i) => `item-${i}`);
  for (let round = 0; round < 2; round++) {
    for (const name of names) {
      const asked = item({ pk: name, sk: '1' });
      if (round === 0) await rig.direct('PutItem', { Item: { ...asked, ...item({ v: name }) } });
      for (let i = 0; i < 3; i++) {
        expect((await ask('GetItem', { Key: asked })).reply.output['Item']).toMatchObject(item({ v: name }));
      }
    }
  }
});
