/**
 * Goal: the oldest SDK that the package says it runs on is one that it has run on. Method: many of the client's tests run
 * twice, as two projects of vitest's: with the SDK that is installed for development, and with the one in `sdk-floor/`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient as StandardClient } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { DynamoDBClient } from '../../src/client/client-dynamodb.ts';

type Versions = Readonly<Record<string, string>>;

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) =>
  JSON.parse(readFileSync(join(root, path), 'utf8')) as { peerDependencies: Versions; dependencies: Versions };

const floors = read('sdk-floor/package.json').dependencies;

describe('the floor of the SDK', () => {
  it('is the one that the package states', () => {
    const stated = Object.entries(read('package.json').peerDependencies).filter(([name]) => name.includes('aws-sdk'));
    const tested = Object.entries(floors).map(([name, version]) => [name, `^${version}`]);
    expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(tested));
  });

  it('is what these tests run with', async () => {
    const client = new DynamoDBClient({ region: 'eu-west-1', cache: { feed: 'none' } });
    expect(client).toBeInstanceOf(StandardClient);
    const userAgent = await client.config.defaultUserAgentProvider();
    expect(userAgent).toContainEqual(['aws-sdk-js', floors['@aws-sdk/client-dynamodb']]);
    client.destroy();
  });
});
