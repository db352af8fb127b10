import { afterEach, describe, expect, test } from 'vitest';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { item, openRig, TABLE_NAME, type Rig, type RigOptions } from '../support/accelerator-rig.ts';

let rig: Rig;

async function open(options?: RigOptions): Promise<void> {
  rig = await openRig(options);
}

afterEach(() => rig.close());

const key = item({ pk: 'a', sk: '1' });
const outcome = async (operation: string, input: object, control?: 'bypass' | 'refresh') =>
  (await rig.call(operation, input, control)).cache;

describe('what is answered from a cache', () => {
  test('the second GetItem, whole or projected, and the answers are those of the store', async () => {
    await open();
    await rig.direct('PutItem', {
      Item: { ...key, m: { M: { x: { N: '1' }, y: { N: '2' } } }, l: { L: [{ S: 'q' }] } },
    });
    const projected = {
      Key: key,
      ProjectionExpression: '#m.x, l[0], nothing',
      ExpressionAttributeNames: { '#m': 'm' },
    };
    const fromStore = await rig.direct('GetItem', projected);
    expect(await outcome('GetItem', { Key: key })).toBe('miss');
    const { cache, reply, ageMs } = await rig.call('GetItem', projected);
    expect([cache, ageMs]).toEqual(['hit', 0]);
    expect(reply.output).toEqual(fromStore);
    expect(reply.output).toEqual({ Item: { m: { M: { x: { N: '1' } } }, l: { L: [{ S: 'q' }] } } });
  });

  test('a miss with a projection fills for every other projection', async () => {
    await open();
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: '1' }) } });
    const miss = await rig.call('GetItem', { Key: key, ProjectionExpression: 'v' });
    expect([miss.cache, miss.reply.output]).toEqual(['miss', { Item: item({ v: '1' }) }]);
    expect(await outcome('GetItem', { Key: key })).toBe('hit');
  });

  test('the same number, spelled otherwise, is the same key', async () => {
    await open();
    await rig.direct('CreateTable', {
      TableName: 'Numbers',
      AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
      KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    });
    expect(await outcome('GetItem', { TableName: 'Numbers', Key: { n: { N: '1.0' } } })).toBe('miss');
    expect(await outcome('GetItem', { TableName: 'Numbers', Key: { n: { N: '1' } } })).toBe('hit');
  });

  test('a query whose placeholders are spelled otherwise', async () => {
    await open();
    const first = {
      KeyConditionExpression: 'pk = :p AND sk > :s',
      ExpressionAttributeValues: item({ ':p': 'a', ':s': '0' }),
    };
    const second = {
      KeyConditionExpression: '#k = :x AND #s > :y',
      ExpressionAttributeNames: { '#k': 'pk', '#s': 'sk' },
      ExpressionAttributeValues: item({ ':x': 'a', ':y': '0' }),
    };
    expect(await outcome('Query', first)).toBe('miss');
    expect(await outcome('Query', second)).toBe('hit');
    const other = { ...second, ExpressionAttributeValues: item({ ':x': 'a', ':y': '1' }) };
    expect(await outcome('Query', other)).toBe('miss');
  });

  test('a hit consumed nothing of the table', async () => {
    await open();
    const input = { Key: key, ReturnConsumedCapacity: 'TOTAL' };
    const miss = await rig.call('GetItem', input);
    expect(miss.reply.output['ConsumedCapacity']).toMatchObject({ TableName: TABLE_NAME, CapacityUnits: 0.5 });
    const hit = await rig.call('GetItem', input);
    expect([hit.cache, hit.reply.output]).toEqual([
      'hit',
      { ConsumedCapacity: { TableName: TABLE_NAME, CapacityUnits: 0 } },
    ]);
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) };
    await rig.call('Query', query);
    const page = await rig.call('Query', { ...query, ReturnConsumedCapacity: 'TOTAL' });
    expect([page.cache, page.reply.output['ConsumedCapacity'].CapacityUnits]).toEqual(['hit', 0]);
  });

  test('the part of a batch that is cached is not asked for again', async () => {
    await open();
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: '1' }) } });
    await rig.call('GetItem', { Key: key });
    const other = item({ pk: 'a', sk: '2' });
    const batch = ServiceRequest.fromInput('BatchGetItem', { RequestItems: { [TABLE_NAME]: { Keys: [key, other] } } });
    const first = await rig.accelerator.execute(batch);
    expect(rig.gate.sent.at(-1)?.input['RequestItems'][TABLE_NAME].Keys).toEqual([other]);
    expect([first.cache, first.reply.output['Responses'][TABLE_NAME].length]).toEqual(['miss', 1]);
    expect((await rig.accelerator.execute(batch)).cache).toBe('hit');
  });

  test('TTLs: an entry ends, 0 means never for items and off for queries, absences have their own', async () => {
    await open({ itemTtlMs: 0, negativeTtlMs: 100, queryTtlMs: 0 });
    await rig.direct('PutItem', { Item: key });
    const absent = item({ pk: 'a', sk: 'absent' });
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) };
    for (const k of [key, absent]) await rig.call('GetItem', { Key: k });
    await rig.call('Query', query);
    expect([await outcome('GetItem', { Key: absent }), await outcome('Query', query)]).toEqual(['hit', 'miss']);
    await rig.clock.advance(24 * 3_600_000);
    expect([await outcome('GetItem', { Key: key }), await outcome('GetItem', { Key: absent })]).toEqual([
      'hit',
      'miss',
    ]);
  });

  test('a lifetime and an age count from when the store was asked, however long its answer took', async () => {
    await open({ itemTtlMs: 1_000, negativeTtlMs: 1_000, queryTtlMs: 1_000 });
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) };
    await rig.call('ListTables', {});
    for (const [operation, input] of [
      ['GetItem', { Key: key }],
      ['Query', query],
    ] as const) {
      const held = rig.gate.hold(operation, 'on-the-way-back');
      const slow = rig.call(operation, input);
      await held.arrived;
      await rig.clock.advance(900);
      held.open();
      await slow;
      const hit = await rig.call(operation, input);
      expect([hit.cache, hit.ageMs]).toEqual(['hit', 900]);
      await rig.clock.advance(100);
      expect(await outcome(operation, input)).toBe('miss');
    }
  });

  test('TTLs by table and by index', async () => {
    await open({
      ttls: { [TABLE_NAME]: { itemTtlMs: 50, negativeTtlMs: 50 }, [`${TABLE_NAME}/by-at`]: { queryTtlMs: 0 } },
    });
    const query = { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) };
    for (const input of [query, { ...query, IndexName: 'by-at' }]) await rig.call('Query', input);
    expect(await outcome('Query', query)).toBe('hit');
    expect(await outcome('Query', { ...query, IndexName: 'by-at' })).toBe('miss');
    await rig.call('GetItem', { Key: key });
    await rig.clock.advance(50);
    expect(await outcome('GetItem', { Key: key })).toBe('miss');
  });
});

describe('what passes through', () => {
  test('strong reads, transactional reads, legacy parameters, and they fill nothing', async () => {
    await open();
    expect(await outcome('GetItem', { Key: key, ConsistentRead: true })).toBe('pass');
    expect(await outcome('GetItem', { Key: key, AttributesToGet: ['v'] })).toBe('pass');
    expect(await outcome('TransactGetItems', { TransactItems: [{ Get: { TableName: TABLE_NAME, Key: key } }] })).toBe(
      'pass',
    );
    expect(await outcome('GetItem', { Key: key })).toBe('miss');
  });

  test.each([
    ['GetItem', { Key: { pk: { S: 'a' } } }],
    ['GetItem', { Key: item({ pk: 'a', sk: '1', more: 'x' }) }],
    ['GetItem', { Key: { pk: { S: 'a' }, sk: { N: '1' } } }],
    ['GetItem', { Key: key, ProjectionExpression: '' }],
    ['GetItem', { Key: key, ExpressionAttributeNames: { '#a': 'a' } }],
    ['GetItem', { Key: key, ReturnConsumedCapacity: 'SOME' }],
    ['GetItem', { Key: key, ConsistentRead: 'yes' }],
    ['Query', { KeyConditionExpression: 'pk = :p' }],
    ['Query', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }), Limit: 0 }],
    ['Query', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a', ':q': 'a' }) }],
    ['Query', { IndexName: 'nope', KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) }],
    ['Scan', { FilterExpression: 'v =' }],
    ['PutItem', { Item: { pk: { S: 'a' } } }],
    [
      'UpdateItem',
      { Key: item({ pk: 'a' }), UpdateExpression: 'SET v = :v', ExpressionAttributeValues: item({ ':v': '1' }) },
    ],
    ['BatchGetItem', { RequestItems: { [TABLE_NAME]: { Keys: [key, key] } } }],
  ])('a wrong %s gets the answer of the store, also when the right one is cached', async (operation, input) => {
    await open();
    await rig.call('GetItem', { Key: key });
    await rig.call('Query', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }) });
    const { cache, reply } = await rig.call(operation, input);
    const request = ServiceRequest.fromInput(operation, { TableName: TABLE_NAME, ...input });
    const fromStore = await rig.store.send(request);
    expect([cache, reply.status, reply.output]).toEqual(['pass', 400, fromStore.output]);
    expect(await outcome('GetItem', { Key: key })).toBe('hit');
  });

  test('an unknown table and an unknown operation get the answer of the store', async () => {
    await open();
    const { reply } = await rig.call('GetItem', { TableName: 'Nowhere', Key: key });
    expect(reply.errorName).toBe('ResourceNotFoundException');
    expect((await rig.call('MakeCoffee', {})).reply.errorName).toBe('UnknownOperationException');
  });

  test('a caller may bypass the caches or refresh them', async () => {
    await open();
    await rig.call('GetItem', { Key: key });
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: '1' }) } });
    expect((await rig.call('GetItem', { Key: key })).reply.output).toEqual({});
    const bypass = await rig.call('GetItem', { Key: key }, 'bypass');
    expect([bypass.cache, bypass.reply.output['Item'].v.S]).toEqual(['bypass', '1']);
    expect((await rig.call('GetItem', { Key: key })).reply.output).toEqual({});
    expect(await outcome('GetItem', { Key: key }, 'refresh')).toBe('miss');
    const { cache, reply } = await rig.call('GetItem', { Key: key });
    expect([cache, reply.output['Item'].v.S]).toEqual(['hit', '1']);
  });

  test('everything, once the accelerator is closed', async () => {
    await open();
    await rig.call('GetItem', { Key: key });
    await rig.accelerator.close();
    expect(await outcome('GetItem', { Key: key })).toBe('pass');
  });
});

describe('PartiQL', () => {
  const other = item({ pk: 'a', sk: '2' });
  const execute = (Statement: string) => rig.call('ExecuteStatement', { TableName: undefined, Statement });

  test('a statement that writes drops its item and its pages, a SELECT drops nothing', async () => {
    await open();
    await rig.call('PutItem', { Item: { ...key, ...item({ v: '1' }) } });
    await rig.call('GetItem', { Key: other });
    await execute(`SELECT * FROM "${TABLE_NAME}" WHERE pk = 'a'`);
    expect(await outcome('GetItem', { Key: key })).toBe('hit');
    const updated = await execute(`UPDATE "${TABLE_NAME}" SET v='2' WHERE pk='a' AND sk='1'`);
    expect([updated.cache, updated.reply.status]).toEqual(['pass', 200]);
    expect((await rig.call('GetItem', { Key: key })).reply.output['Item'].v.S).toBe('2');
    expect(await outcome('GetItem', { Key: other })).toBe('hit');
    await execute(`INSERT INTO "${TABLE_NAME}" VALUE {'pk': 'a', 'sk': '2', 'v': '3'}`);
    expect((await rig.call('GetItem', { Key: other })).reply.output['Item'].v.S).toBe('3');
    await execute(`DELETE FROM "${TABLE_NAME}" WHERE pk='a' AND sk='2'`);
    expect((await rig.call('GetItem', { Key: other })).reply.output).toEqual({});
  });

  test('so do batches and transactions of statements', async () => {
    await open();
    await rig.call('GetItem', { Key: key });
    await rig.call('GetItem', { Key: other });
    await rig.call('BatchExecuteStatement', {
      TableName: undefined,
      Statements: [{ Statement: `INSERT INTO "${TABLE_NAME}" VALUE {'pk': 'a', 'sk': ?}`, Parameters: [{ S: '1' }] }],
    });
    expect((await rig.call('GetItem', { Key: key })).reply.output['Item']).toEqual(key);
    expect(await outcome('GetItem', { Key: other })).toBe('hit');
    await rig.call('ExecuteTransaction', {
      TableName: undefined,
      TransactStatements: [{ Statement: `DELETE FROM "${TABLE_NAME}" WHERE pk='a' AND sk='1'` }],
    });
    expect((await rig.call('GetItem', { Key: key })).reply.output).toEqual({});
  });

  test('a statement that cannot be read drops everything, for the store may have understood it', async () => {
    await open({
      // A store that knows more of the language than we do.
      between: (store) => ({
        send: async (request) =>
          store.send(request.operation === 'ExecuteStatement' ? ServiceRequest.fromInput('ListTables', {}) : request),
        close: () => Promise.resolve(),
      }),
    });
    await rig.call('GetItem', { Key: key });
    await execute('UPSERT INTO Orders VALUES (1)');
    expect(await outcome('GetItem', { Key: key })).toBe('miss');
  });
});

test('an accelerator refuses an option that it cannot live with, and names it', async () => {
  await expect(openRig({ ttlJitter: 2 })).rejects.toThrow(/ttlJitter: 2 is not allowed/);
  await open();
});
