/**
 * Goal: two calls are only taken for the same where the store would answer both alike, and what is not plain is not read.
 * Method: random parameters; a spelling is compared with the parameters as JSON.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DynamoDBClient, GetItemCommand } from '../../src/client/client-dynamodb.ts';
import { lookOf, spellingOf } from '../../src/client/look.ts';

const text = fc.constantFrom('a', 'b', '1', '1:a', '}', '"1:a', 'pk = :p');
const leaf = fc.oneof(text, fc.integer({ min: -2, max: 12 }), fc.boolean());
const type = fc.constantFrom('S', 'N', 'BOOL');
const attributeValue = fc.tuple(type, text).map(([name, content]) => ({ [name]: content }));
const parameters = (member: fc.Arbitrary<unknown>) =>
  fc.record(
    {
      TableName: text,
      IndexName: text,
      Limit: fc.integer({ min: 1, max: 3 }),
      ScanIndexForward: fc.boolean(),
      ExpressionAttributeNames: fc.dictionary(text, text, { maxKeys: 2, noNullPrototype: true }),
      ExpressionAttributeValues: fc.dictionary(text, member, { maxKeys: 2, noNullPrototype: true }),
      ExclusiveStartKey: fc.option(fc.dictionary(text, member, { maxKeys: 2 }), { nil: undefined }),
    },
    { requiredKeys: ['TableName'] },
  );

describe('the spelling of a Query', () => {
  it.each([
    ['values', attributeValue],
    ['documents', leaf],
  ] as const)('is the same for the same parameters, and for no others: %s', (form, member) => {
    fc.assert(
      fc.property(parameters(member), parameters(member), (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(spellingOf('Query', one, form)).toBeDefined();
        expect(spellingOf('Query', one, form) === spellingOf('Query', other, form)).toBe(isSame);
        expect(spellingOf('Query', structuredClone(one), form)).toBe(spellingOf('Query', one, form));
      }),
      { numRuns: 500 },
    );
  });

  it('tells attribute values from documents that look like them', () => {
    const call = { TableName: 'T', ExpressionAttributeValues: { ':a': { S: 'x' } } };
    expect(spellingOf('Query', call, 'values')).toBeDefined();
    expect(spellingOf('Query', call, 'documents')).toBeUndefined();
    const bare = { TableName: 'T', ExpressionAttributeNames: { '#a': 'x' } };
    expect(spellingOf('Query', bare, 'values')).not.toBe(spellingOf('Query', bare, 'documents'));
  });

  class OwnMap {
    readonly a = 'x';
  }
  it.each([
    ['a set', new Set(['x'])],
    ['a map', new Map([['a', 'x']])],
    ['bytes', new Uint8Array([1])],
    ['an object', { a: 'x' }],
    ['a class of the user’s', new OwnMap()],
    ['a list', ['x']],
    ['an empty text, which an option makes a NULL', ''],
    ['a number that no double holds', 2 ** 60],
    ['a fraction', 0.5],
    ['no value', undefined],
    ['null', null],
    ['a big integer', 1n],
    ['a function', () => 'x'],
  ])('is none where a document holds %s', (_what, value) => {
    const call = (member: unknown) => ({ TableName: 'T', ExpressionAttributeValues: { ':a': member } });
    expect(spellingOf('Query', call('x'), 'documents')).toBeDefined();
    expect(spellingOf('Query', call(value), 'documents')).toBeUndefined();
  });

  it.each([
    ['bytes', { B: new Uint8Array([1]) }],
    ['a list', { L: [{ S: 'x' }] }],
    ['a set', { SS: ['x'] }],
    ['two types', { S: 'x', N: '1' }],
    ['a class of the user’s', new OwnMap()],
  ])('is none where an attribute value holds %s', (_what, value) => {
    const call = { TableName: 'T', ExpressionAttributeValues: { ':a': value } };
    expect(spellingOf('Query', call, 'values')).toBeUndefined();
  });

  it('is none where the values themselves come as something else than an object', () => {
    const values = new Map([[':a', { S: 'x' }]]);
    expect(spellingOf('Query', { TableName: 'T', ExpressionAttributeValues: values }, 'values')).toBeUndefined();
    expect(spellingOf('Query', { TableName: 'T', KeyConditions: [1] }, 'values')).toBeUndefined();
  });

  it('leaves out what is not given, and other operations, and what is long', () => {
    const call = { TableName: 'T', Limit: 1 };
    expect(spellingOf('Query', { ...call, IndexName: undefined }, 'values')).toBe(spellingOf('Query', call, 'values'));
    expect(spellingOf('GetItem', call, 'values')).toBeUndefined();
    expect(spellingOf('Query', { TableName: 'x'.repeat(2_000) }, 'values')).toBeUndefined();
  });
});

describe('the look of a GetItem', () => {
  const key = { id: { S: 'x' } };
  it('names the table and the key, where the call has nothing else', () => {
    const look = { operation: 'GetItem', tableName: 'T', key, form: 'values' };
    expect(lookOf('GetItem', { TableName: 'T', Key: key }, 'values')).toEqual(look);
    expect(lookOf('GetItem', { TableName: 'T', Key: key, ConsistentRead: undefined }, 'values')).toEqual(look);
  });

  it.each([
    [{ ConsistentRead: true }],
    [{ ProjectionExpression: 'a' }],
    [{ ReturnConsumedCapacity: 'TOTAL' }],
    [{ AttributesToGet: ['a'] }],
    [{ TableName: 1 }],
  ])('is none with %j', (more) => {
    expect(lookOf('GetItem', { TableName: 'T', Key: key, ...more }, 'values')).toBeUndefined();
  });
});

describe('parameters that cannot be read', () => {
  const broken = {
    TableName: 'T',
    get Key(): never {
      throw new Error('broken');
    },
  };
  it('have no spelling, and are refused by a rejection', async () => {
    expect(spellingOf('Query', broken, 'values')).toBeUndefined();
    const client = new DynamoDBClient({ region: 'us-east-1', cache: { feed: 'none' } });
    const sent = client.send(new GetItemCommand(broken));
    await expect(sent).rejects.toThrow('broken');
    client.destroy();
  });
});
