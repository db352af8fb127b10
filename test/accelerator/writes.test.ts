import { afterEach, describe, expect, test } from 'vitest';
import { SlipstreamError } from '../../src/base/errors.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { item, openRig, TABLE_NAME, texts, type Rig, type RigOptions } from '../support/accelerator-rig.ts';

let rig: Rig;

async function open(options?: RigOptions): Promise<void> {
  rig = await openRig(options);
}

afterEach(() => rig.close());

const key = item({ pk: 'a', sk: '1' });
const get = async (k = key) => rig.call('GetItem', { Key: k });
const put = (v: string) => rig.call('PutItem', { Item: { ...key, ...item({ v }) } });
const update = (v: string, more = {}) =>
  rig.call('UpdateItem', {
    Key: key,
    UpdateExpression: 'SET v = :v',
    ExpressionAttributeValues: item({ ':v': v }),
    ...more,
  });
const byStatus = (status: string, more = {}) =>
  rig.call('Query', {
    IndexName: 'by-status',
    KeyConditionExpression: '#s = :s',
    ExpressionAttributeNames: { '#s': 'status' },
    ExpressionAttributeValues: item({ ':s': status }),
    ...more,
  });
const inPartition = (more = {}) =>
  rig.call('Query', { KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: item({ ':p': 'a' }), ...more });
const valueOf = async () => texts((await get()).reply.output['Item'])?.['v'];

describe.each([{ feed: undefined }, { feed: 'direct' as const }])('I3 read your writes, feed: $feed', ({ feed }) => {
  test('an item that was put, updated and deleted is at once what it was made', async () => {
    await open({ feed });
    expect((await get()).reply.output).toEqual({});
    expect((await get()).cache).toBe('hit');
    await put('1');
    expect(await valueOf()).toBe('1');
    await update('2');
    expect(await valueOf()).toBe('2');
    await rig.call('DeleteItem', { Key: key });
    expect((await get()).reply.output).toEqual({});
  });

  test('an acknowledged put is a hit, with the numbers as the store writes them', async () => {
    await open({ feed });
    await get();
    await rig.call('PutItem', { Item: { ...key, n: { N: '1.50' }, set: { NS: ['2.0', '1'] } } });
    const { cache, reply } = await get();
    expect(cache).toBe('hit');
    expect(reply.output['Item'].n).toEqual({ N: '1.5' });
    expect(new Set(reply.output['Item'].set.NS)).toEqual(new Set(['1', '2']));
  });

  test('pages of the table and of the indexes show a write at once', async () => {
    await open({ feed });
    await Promise.all([inPartition(), byStatus('open'), byStatus('done')]);
    await rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', status: 'open', at: '5' }) });
    expect((await inPartition()).reply.output['Count']).toBe(1);
    expect((await byStatus('open')).reply.output['Count']).toBe(1);
    await rig.clock.advance(10_000);
    await Promise.all([inPartition(), byStatus('open'), byStatus('done')]);
    await rig.call('UpdateItem', {
      Key: key,
      UpdateExpression: 'SET #s = :s',
      ExpressionAttributeNames: { '#s': 'status' },
      ExpressionAttributeValues: item({ ':s': 'done' }),
    });
    expect((await byStatus('open')).reply.output['Count']).toBe(0);
    expect((await byStatus('done')).reply.output['Count']).toBe(1);
    expect((await inPartition()).reply.output['Items'][0].status.S).toBe('done');
  });

  test('a filtered page of an index drops an update that makes the item pass', async () => {
    await open({ feed });
    await rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', status: 'open', at: '5', v: 'no' }) });
    await rig.clock.advance(10_000);
    const filtered = () =>
      byStatus('open', { FilterExpression: 'v = :v', ExpressionAttributeValues: item({ ':s': 'open', ':v': 'yes' }) });
    expect((await filtered()).reply.output['Count']).toBe(0);
    expect((await filtered()).cache).toBe('hit');
    await update('yes', { ReturnValues: 'UPDATED_NEW' });
    expect((await filtered()).reply.output['Count']).toBe(1);
  });

  test('the caller sees of ReturnValues what it asked for, and nothing else', async () => {
    await open({ feed });
    await byStatus('open');
    expect((await put('1')).reply.output).toEqual({});
    expect((await put('2')).reply.output).toEqual({});
    expect((await update('3')).reply.output).toEqual({});
    expect((await update('4', { ReturnValues: 'UPDATED_NEW' })).reply.output).toEqual({ Attributes: item({ v: '4' }) });
    expect((await update('5', { ReturnValues: 'ALL_OLD' })).reply.output['Attributes'].v).toEqual({ S: '4' });
    expect((await rig.call('DeleteItem', { Key: key })).reply.output).toEqual({});
    expect((await rig.call('DeleteItem', { Key: key, ReturnConsumedCapacity: 'TOTAL' })).reply.output).toEqual({
      ConsumedCapacity: { TableName: TABLE_NAME, CapacityUnits: expect.any(Number) },
    });
  });
});

describe('I4 overlapping writes never guess', () => {
  test('the answers come in the other order than the writes, and the cache does not believe the last answer', async () => {
    await open();
    await get();
    const first = rig.gate.hold('PutItem', 'on-the-way-back');
    const slow = put('first');
    await first.arrived;
    await put('second');
    first.open();
    await slow;
    expect(await valueOf()).toBe('second');
  });

  test('a write of somebody else, seen in the feed while ours was under way, is not overwritten in the cache', async () => {
    await open({ feed: 'direct' });
    await get();
    const ours = rig.gate.hold('PutItem', 'on-the-way-back');
    const slow = put('ours');
    await ours.arrived;
    await rig.direct('PutItem', { Item: { ...key, ...item({ v: 'theirs' }) } });
    ours.open();
    await slow;
    expect(await valueOf()).toBe('theirs');
  });
});

describe('I5 unknown outcome', () => {
  const lost = new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', 'lost');

  test('a write whose answer was lost may have been applied: entry and pages go', async () => {
    await open();
    await put('old');
    await Promise.all([get(), inPartition(), byStatus('open')]);
    const held = rig.gate.hold('PutItem', 'on-the-way-back');
    const write = rig.call('PutItem', { Item: item({ pk: 'a', sk: '1', v: 'new', status: 'open', at: '1' }) });
    await held.arrived;
    held.lose(lost);
    await expect(write).rejects.toBe(lost);
    expect(await valueOf()).toBe('new');
    expect((await inPartition()).reply.output['Items'][0].v.S).toBe('new');
    expect((await byStatus('open')).reply.output['Count']).toBe(1);
  });

  test('a write that is applied after its caller was told that the connection is lost is not hidden by the cache', async () => {
    await open();
    await put('old');
    await rig.clock.advance(10_000);
    const held = rig.gate.hold('UpdateItem', 'on-the-way-there');
    const write = update('late');
    await held.arrived;
    held.lose(lost);
    await expect(write).rejects.toBe(lost);
    expect((await get()).cache).toBe('miss');
  });

  test('a refused write changes nothing', async () => {
    await open();
    await put('old');
    await get();
    const refused = await rig.call('PutItem', {
      Item: { ...key, ...item({ v: 'new' }) },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    expect(refused.reply.errorName).toBe('ConditionalCheckFailedException');
    expect([(await get()).cache, await valueOf()]).toEqual(['hit', 'old']);
  });
});

describe('I11 transactions and batches', () => {
  const call = async (operation: string, input: object) =>
    rig.accelerator.execute(ServiceRequest.fromInput(operation, input));

  test('each key of a batch write counts when the answer goes out', async () => {
    await open();
    await rig.call('PutItem', { Item: item({ pk: 'a', sk: '2' }) });
    await Promise.all([get(), get(item({ pk: 'a', sk: '2' })), inPartition()]);
    await call('BatchWriteItem', {
      RequestItems: {
        [TABLE_NAME]: [
          { PutRequest: { Item: { ...key, ...item({ v: '1' }) } } },
          { DeleteRequest: { Key: item({ pk: 'a', sk: '2' }) } },
        ],
      },
    });
    expect(await valueOf()).toBe('1');
    expect((await get(item({ pk: 'a', sk: '2' }))).reply.output).toEqual({});
    expect((await inPartition()).reply.output['Count']).toBe(1);
  });

  test('each key of a transaction counts when the answer goes out', async () => {
    await open();
    await Promise.all([get(), inPartition(), byStatus('open')]);
    const { reply } = await call('TransactWriteItems', {
      TransactItems: [
        { Put: { TableName: TABLE_NAME, Item: { ...key, ...item({ v: '1', status: 'open', at: '1' }) } } },
        {
          Update: {
            TableName: TABLE_NAME,
            Key: item({ pk: 'a', sk: '2' }),
            UpdateExpression: 'SET v = :v',
            ExpressionAttributeValues: item({ ':v': '2' }),
          },
        },
      ],
    });
    expect(reply.ok).toBe(true);
    expect(await valueOf()).toBe('1');
    expect((await inPartition()).reply.output['Count']).toBe(2);
    expect((await byStatus('open')).reply.output['Count']).toBe(1);
  });

  test('an item of a batch that the store left unprocessed is not taken for written', async () => {
    const unprocessed = { PutRequest: { Item: { ...key, ...item({ v: 'never' }) } } };
    await open({
      between: (store) => ({
        send: async (request) =>
          request.operation === 'BatchWriteItem'
            ? store.send(request).then(async (reply) => {
                await store.send(ServiceRequest.fromInput('DeleteItem', { TableName: TABLE_NAME, Key: key }));
                reply.output['UnprocessedItems'] = { [TABLE_NAME]: [unprocessed] };
                return reply;
              })
            : store.send(request),
        close: () => Promise.resolve(),
      }),
    });
    await get();
    await call('BatchWriteItem', { RequestItems: { [TABLE_NAME]: [unprocessed] } });
    expect([(await get()).cache, (await get()).reply.output]).toEqual(['hit', {}]);
  });
});
