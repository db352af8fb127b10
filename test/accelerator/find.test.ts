/**
 * Goal: what is found by a look is what a call is answered with, whatever happened in between; and an accelerator that keeps
 * values answers as one that keeps bytes. Method: each case looks, then calls, and what must not be served is looked for.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Look } from '../../src/accelerator/accelerator.ts';
import { copyOfOutput } from '../../src/accelerator/keep.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import { item, openRig, TABLE_NAME, type Rig, type RigOptions } from '../support/accelerator-rig.ts';

let rig: Rig;

async function open(options?: RigOptions): Promise<void> {
  rig = await openRig({ keep: 'values', ...options });
}

afterEach(() => rig.close());

/** Enough for any hit to be taken note of. */
const OFTEN = 20;
const key = item({ pk: 'a', sk: '1' });
const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) };
const itemLook: Look = { operation: 'GetItem', tableName: TABLE_NAME, key, form: 'values' };
const reads: readonly [string, JsonObject, Look][] = [
  ['GetItem', { Key: key }, itemLook],
  ['Query', query, { operation: 'Query', spelling: 'the query' }],
];

const put = (v: string) => rig.call('PutItem', { Item: { ...key, ...item({ v }) } });

/** Calls until the call is known; the last answer. */
async function call(operation: string, input: JsonObject): Promise<JsonObject> {
  const request = () =>
    ServiceRequest.fromInput(operation, { TableName: TABLE_NAME, ...input }, { spelling: 'the query' });
  for (let i = 0; i < OFTEN; i++) await rig.accelerator.execute(request());
  return (await rig.accelerator.execute(request())).reply.output;
}

function find(look: Look): JsonObject | undefined {
  const found = rig.accelerator.find!(look);
  return found && copyOfOutput(found.value);
}

describe.each(reads)('a look for a %s', (operation, input, look) => {
  test('finds what a call is answered with, and how old it is', async () => {
    await open();
    expect(find(look)).toBeUndefined();
    await put('one');
    const answer = await call(operation, input);
    expect(JSON.stringify(answer)).toContain('one');
    await rig.clock.advance(7);
    expect(find(look)).toEqual(answer);
    expect(rig.accelerator.find!(look)!.ageMs).toBe(7);
  });

  test('finds nothing older than a write of the node, or than one from outside that the feed told of', async () => {
    await open({ feed: 'direct' });
    for (const v of ['one', 'two']) {
      await put(v);
      expect(JSON.stringify(find(look) ?? v)).toContain(v);
      await call(operation, input);
      expect(JSON.stringify(find(look))).toContain(v);
    }
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: 'outside' }) } });
    expect(find(look)).toBeUndefined();
  });

  test('finds nothing after its lifetime, a flush, the end of its table and the end of the accelerator', async () => {
    await open({ itemTtlMs: 1_000, queryTtlMs: 1_000 });
    await put('one');
    await call(operation, input);
    await rig.clock.advance(1_001);
    expect(find(look)).toBeUndefined();
    await call(operation, input);
    rig.accelerator.flush();
    expect(find(look)).toBeUndefined();
    await call(operation, input);
    expect(find(look)).toBeDefined();
    await rig.call('DeleteTable', {});
    expect(find(look)).toBeUndefined();
    await rig.accelerator.close();
    expect(find(look)).toBeUndefined();
  });

  test('finds nothing while hits are audited, for an audit needs the call', async () => {
    await open({ auditRate: 0.001 });
    await put('one');
    await call(operation, input);
    expect(find(look)).toBeUndefined();
  });

  test('counts as a hit, and as no miss', async () => {
    await open();
    await put('one');
    await call(operation, input);
    const name = operation === 'GetItem' ? 'item' : 'query';
    const before = rig.accelerator.stats()[name];
    find(look);
    find({ ...itemLook, key: item({ pk: 'a', sk: 'other' }) });
    const after = rig.accelerator.stats()[name];
    expect([after.hits - before.hits, after.misses - before.misses]).toEqual([1, 0]);
  });
});

test('values are answered as bytes are, in every form of a read', async () => {
  await open();
  const bytes = await openRig({ keep: 'bytes' });
  const given = {
    ...item({ pk: 'a', sk: '1', v: 'é€' }),
    n: { N: '1.50' },
    b: { B: 'AQI=' },
    l: { L: [{ NULL: true }] },
  };
  const calls: readonly [string, JsonObject][] = [
    ['GetItem', { Key: key }],
    ['GetItem', { Key: item({ pk: 'a', sk: 'absent' }) }],
    ['GetItem', { Key: key, ProjectionExpression: 'v, l' }],
    ['GetItem', { Key: key, ReturnConsumedCapacity: 'TOTAL' }],
    ['Query', query],
    ['Query', { ...query, Select: 'COUNT' }],
    ['Query', { ...query, Limit: 1 }],
    ['Query', { ...query, ReturnConsumedCapacity: 'INDEXES' }],
    ['Scan', {}],
  ];
  const batch = { RequestItems: { [TABLE_NAME]: { Keys: [key] } } };
  for (const one of [rig, bytes]) await one.call('PutItem', { Item: given });
  for (const [operation, input] of [...calls, ['BatchGetItem', batch] as const]) {
    const answers: JsonObject[] = [];
    for (const { accelerator } of [rig, bytes]) {
      const full = operation === 'BatchGetItem' ? input : { TableName: TABLE_NAME, ...input };
      for (let i = 0; i < 2; i++) {
        const { reply, cache } = await accelerator.execute(ServiceRequest.fromInput(operation, full));
        expect(JSON.parse(reply.body.toString())).toEqual(reply.output);
        if (i === 1) {
          expect(cache).toBe('hit');
          answers.push(reply.output);
        }
      }
    }
    expect(answers[0]).toEqual(answers[1]);
  }
  await bytes.close();
});

test('an answer that was given stays what it was, whatever takes its place in the cache', async () => {
  await open();
  await put('one');
  await call('GetItem', { Key: key });
  const { reply, cache } = await rig.accelerator.execute(
    ServiceRequest.fromInput('GetItem', { TableName: TABLE_NAME, Key: key }),
  );
  expect(cache).toBe('hit');
  await put('two');
  await call('GetItem', { Key: key });
  expect(find(itemLook)).toEqual({ Item: { ...key, ...item({ v: 'two' }) } });
  expect(reply.output).toEqual({ Item: { ...key, ...item({ v: 'one' }) } });
});

test('an item that has no shape in common with any other is kept as bytes', async () => {
  await open();
  for (let place = 0; place < 1_100; place++) {
    await rig.call('PutItem', { Item: { ...item({ pk: 'p', sk: String(place) }), [`unique-${place}`]: { S: 'x' } } });
  }
  const last = { ...itemLook, key: item({ pk: 'p', sk: '1099' }) };
  await rig.call('GetItem', { Key: last.key });
  expect(rig.accelerator.find!(last)!.value).toHaveProperty('body');
  expect(find(last)!['Item']).toHaveProperty('unique-1099');
});
