/**
 * Goal: an answer that is put together from a packed reply is what the SDK makes of the same bytes, in both of its forms.
 * Method: random items; the SDK's own clients read them from a handler that answers with their JSON, and say what is right.
 */
import { DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { HttpResponse } from '@smithy/protocol-http';
import fc from 'fast-check';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toWire } from '../../src/client/convert.ts';
import { documentOutputFrom, sdkOutputFrom } from '../../src/client/unpack.ts';
import { ItemPacker } from '../../src/model/item-packer.ts';

const bytes = fc.uint8Array({ maxLength: 20 });
const number = fc.oneof(fc.maxSafeInteger().map(String), fc.constantFrom('0.1', '-1.5', '1e3', '123456789012345.6'));
/** The SDK loses an attribute called `__proto__`; that is a case of its own. */
const name = fc.oneof(fc.constantFrom('B', 'S', 'M', 'constructor', '7'), fc.string()).filter((n) => n !== '__proto__');
const { value } = fc.letrec<{ value: object }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.record({ S: fc.string() }),
    fc.record({ N: number }),
    fc.record({ B: bytes }),
    fc.record({ SS: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }) }),
    fc.record({ NS: fc.uniqueArray(number, { minLength: 1, maxLength: 3 }) }),
    fc.record({ BS: fc.array(bytes, { minLength: 1, maxLength: 3 }) }),
    fc.record({ BOOL: fc.boolean() }),
    fc.record({ NULL: fc.constant(true) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }) }),
  ),
}));
const item = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true }).map((Item) => toWire({ Item }));

let body = '';
const requestHandler = {
  handle: () =>
    Promise.resolve({
      response: new HttpResponse({
        statusCode: 200,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: Readable.from([Buffer.from(body)]),
      }),
    }),
};
const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
const client = new DynamoDBClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 });
const documents = DynamoDBDocumentClient.from(client);
const metadata = { attempts: 1 };

const packer = new ItemPacker();
const packed = (output: object) => packer.pack(output as Record<string, unknown>)!.answer;

async function sdkReads(output: object): Promise<object> {
  body = JSON.stringify(output);
  const { $metadata: _, ...answer } = await client.send(
    'ScannedCount' in output
      ? new QueryCommand({ TableName: 'T', KeyConditionExpression: 'a = :a' })
      : (new GetItemCommand({ TableName: 'T', Key: { a: { S: 'x' } } }) as never),
  );
  return answer;
}

async function libraryReads(output: object): Promise<object> {
  body = JSON.stringify(output);
  const { $metadata: _, ...answer } = await documents.send(new GetCommand({ TableName: 'T', Key: { a: 'x' } }));
  return answer;
}

describe('an answer out of a packed reply', () => {
  it('is what the SDK reads, byte arrays and prototypes included', async () => {
    await fc.assert(
      fc.asyncProperty(item, async (output) => {
        const { $metadata, ...made } = sdkOutputFrom(packed(output), metadata) as { $metadata: object };
        expect(isDeepStrictEqual(made, await sdkReads(output))).toBe(true);
        expect($metadata).toBe(metadata);
      }),
    );
  });

  it('is the page that the SDK reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 3 }), fc.boolean(), async (items, hasMore) => {
        const Items = items.map(({ Item }) => Item as object);
        const last = hasMore ? { LastEvaluatedKey: { a: { S: 'x' }, b: { N: '1' } } } : {};
        const output = { Items, Count: Items.length, ScannedCount: 7, ...last };
        const { $metadata: _, ...made } = sdkOutputFrom(packed(output), metadata) as { $metadata: object };
        expect(isDeepStrictEqual(made, await sdkReads(output))).toBe(true);
      }),
    );
  });

  it('is an absence, and a count', () => {
    expect(sdkOutputFrom(packed({}), metadata)).toStrictEqual({ $metadata: metadata });
    const count = { Count: 3, ScannedCount: 4 };
    expect(sdkOutputFrom(packed(count), metadata)).toStrictEqual({ ...count, $metadata: metadata });
  });

  it('is the document that the library reads', async () => {
    await fc.assert(
      fc.asyncProperty(item, async (output) => {
        const { $metadata: _, ...made } = documentOutputFrom(packed(output), metadata) as { $metadata: object };
        expect(isDeepStrictEqual(made, await libraryReads(output))).toBe(true);
      }),
    );
  });

  it.each([
    ['a number that no double holds', { a: { N: '12345678901234567890' } }],
    ['a large negative number within a list', { a: { L: [{ N: '-12345678901234567890' }] } }],
    ['a large number in a set', { a: { NS: ['1', '12345678901234567890'] } }],
    ['an attribute called __proto__', JSON.parse('{"__proto__":{"S":"x"}}') as object],
    ['one further in', { a: { M: JSON.parse('{"__proto__":{"S":"x"}}') as object } }],
  ])('leaves to the library %s', (_what, Item) => {
    expect(documentOutputFrom(packed({ Item }), metadata)).toBeUndefined();
  });

  it('has an attribute called __proto__ as an attribute', () => {
    const Item = JSON.parse('{"__proto__":{"M":{"__proto__":{"S":"x"}}},"b":{"S":"y"}}') as object;
    const made = (sdkOutputFrom(packed({ Item }), metadata) as { Item: object }).Item;
    expect(JSON.stringify(made)).toBe(JSON.stringify(Item));
    expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
  });

  it.each([
    ['in the form of the low-level client', sdkOutputFrom],
    ['in the form of the document client', documentOutputFrom],
  ])('is its caller’s own, %s', (_what, outputFrom) => {
    const Item = { b: { B: 'AQI=' }, bs: { BS: ['AQ=='] }, ss: { SS: ['a'] }, l: { L: [{ M: { n: { N: '1' } } }] } };
    const reply = packed({ Item });
    const objectsIn = (root: unknown, found = new Set<object>()): Set<object> => {
      if (typeof root !== 'object' || root === null) return found;
      found.add(root);
      if (root instanceof Uint8Array) return found.add(root.buffer);
      const members: Iterable<unknown> = root instanceof Set ? root : Object.values(root);
      for (const member of members) objectsIn(member, found);
      return found;
    };
    const [one, other] = [outputFrom(reply, {}), outputFrom(reply, {})].map((output) => objectsIn(output));
    expect([...one!].filter((object) => other!.has(object))).toEqual([]);
  });
});
