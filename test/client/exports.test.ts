/** Goal: a swapped import finds every name where it was, and every class but the clients is the SDK's own. */
import * as sdk from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import * as ours from '../../src/client/client-dynamodb.ts';
import * as ourLib from '../../src/client/lib-dynamodb.ts';

/** Node adds these to the names of a CommonJS module, which the SDK's packages are. */
const COMMONJS = ['default', 'module.exports'];

function namesOf(module: object): string[] {
  return Object.keys(module)
    .filter((name) => !COMMONJS.includes(name))
    .toSorted();
}

describe.each([
  ['client-dynamodb', sdk, ours, ['DynamoDB', 'DynamoDBClient']],
  ['lib-dynamodb', lib, ourLib, ['DynamoDBDocument', 'DynamoDBDocumentClient']],
] as [string, Record<string, unknown>, Record<string, unknown>, string[]][])(
  '%s',
  (_name, theirs, swapped, clients) => {
    it('exports the same names', () => {
      expect(namesOf(theirs).length).toBeGreaterThan(10);
      expect(namesOf(swapped)).toEqual(namesOf(theirs));
    });

    it('exports the very same things, the clients apart', () => {
      expect(namesOf(theirs).filter((name) => swapped[name] !== theirs[name])).toEqual(clients);
    });
  },
);

describe('the clients', () => {
  const configuration = { region: 'eu-west-1', cache: { feed: 'none' } } as const;

  it('are instances of the classes that they stand for', () => {
    const client = new ours.DynamoDBClient(configuration);
    const aggregated = new ours.DynamoDB(configuration);
    expect(client).toBeInstanceOf(sdk.DynamoDBClient);
    expect(client).not.toBeInstanceOf(ours.DynamoDB);
    expect(aggregated).toBeInstanceOf(sdk.DynamoDB);
    expect(aggregated).toBeInstanceOf(sdk.DynamoDBClient);
    expect(aggregated).toBeInstanceOf(ours.DynamoDBClient);
    expect(new sdk.DynamoDBClient({ region: 'eu-west-1' })).not.toBeInstanceOf(ours.DynamoDBClient);
    for (const made of [client, aggregated]) made.destroy();
  });

  it('are instances of a subclass only where they were made by it', () => {
    class Audited extends ours.DynamoDBClient {}
    const audited = new Audited(configuration);
    const client = new ours.DynamoDBClient(configuration);
    expect(audited).toBeInstanceOf(Audited);
    expect(audited).toBeInstanceOf(ours.DynamoDBClient);
    expect(client).not.toBeInstanceOf(Audited);
    for (const made of [client, audited]) made.destroy();
  });

  it('stand for the document clients in the same way', () => {
    const client = new ours.DynamoDBClient(configuration);
    const document = ourLib.DynamoDBDocument.from(client);
    expect(document).toBeInstanceOf(lib.DynamoDBDocument);
    expect(document).toBeInstanceOf(lib.DynamoDBDocumentClient);
    expect(document).toBeInstanceOf(ourLib.DynamoDBDocumentClient);
    expect(ourLib.DynamoDBDocumentClient.from(client)).toBeInstanceOf(lib.DynamoDBDocumentClient);
    expect(ourLib.DynamoDBDocumentClient.from(client)).not.toBeInstanceOf(ourLib.DynamoDBDocument);
    expect(lib.DynamoDBDocumentClient.from(client)).not.toBeInstanceOf(ourLib.DynamoDBDocumentClient);
    client.destroy();
  });

  it('refuse a cache that cannot be had, and name the option', () => {
    const make = (cache: unknown) => () => new ours.DynamoDBClient({ region: 'eu-west-1', cache: cache as never });
    expect(make({ feed: 'stream' })).toThrow(
      "cache.feed must be 'streams', 'proxy', 'embedded', 'none' or a ChangeFeed, not \"stream\"",
    );
    expect(make({ accelerator: {}, feed: 'none' })).toThrow('cache.accelerator brings its own feed');
    expect(make({ store: {}, feed: 'streams' })).toThrow('cache.store brings its own feed');
  });
});
