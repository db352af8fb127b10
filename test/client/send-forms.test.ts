/**
 * Goal: every way of calling `send` does what it does with the SDK: promise, callback, abort, middleware, methods and
 * paginators. Method: the real SDK on a real store that we did not write.
 */
import * as sdk from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DynamoDBClient } from '../../src/client/client-dynamodb.ts';
import { DescribeTableCommand, DynamoDB, GetItemCommand, paginateQuery } from '../../src/client/client-dynamodb.ts';
import { TableName, get, newKey, put, useThings } from './things.ts';

const things = useThings();
let client: DynamoDBClient;
beforeEach(() => {
  client = things.open();
});

describe('send', () => {
  it('calls back with the answer, with and without options, hit or miss, never within the call', async () => {
    const key = newKey();
    for (const outcome of ['miss', 'hit', 'hit']) {
      let returned = false;
      const answer = await new Promise<sdk.GetItemCommandOutput | undefined>((resolve, reject) => {
        const callback = (error: unknown, output?: sdk.GetItemCommandOutput) => {
          expect(returned).toBe(true);
          if (error === null) resolve(output);
          else reject(new Error('refused', { cause: error }));
        };
        if (outcome === 'miss') client.send(get(key), callback);
        else client.send(get(key), {}, callback);
        returned = true;
      });
      expect(answer?.$metadata).toMatchObject({ slipstream: { cache: outcome } });
    }
  });

  it('calls back with the error', async () => {
    const error = await new Promise((resolve) => {
      client.send(new GetItemCommand({ TableName: 'Nowhere', Key: newKey() }), resolve);
    });
    expect(error).toBeInstanceOf(sdk.ResourceNotFoundException);
  });

  it('rejects as the SDK does when the signal was aborted before', async () => {
    const abort = new AbortController();
    abort.abort();
    const key = newKey();
    await client.send(get(key));
    const asked = things.store.asked('GetItem');
    const options = { abortSignal: abort.signal };
    await expect(client.send(get(key), options)).rejects.toMatchObject({
      name: 'AbortError',
      message: 'Request aborted',
    });
    expect(things.store.asked('GetItem')).toBe(asked);
  });

  it('rejects its caller alone when one of those who wait for one read aborts', async () => {
    const key = newKey();
    await things.open().send(put(key));
    await client.send(get(newKey()));
    const abort = new AbortController();
    const asked = things.store.asked('GetItem');
    const given = client.send(get(key), { abortSignal: abort.signal });
    const waiting = client.send(get(key));
    abort.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError', message: 'Request aborted' });
    expect((await waiting).Item).toEqual(key);
    expect(things.store.asked('GetItem')).toBe(asked + 1);
  });

  it('leaves what it does not know to the SDK', async () => {
    const described = await client.send(new DescribeTableCommand({ TableName }));
    expect(described.Table?.CreationDateTime).toBeInstanceOf(Date);
    expect(described.$metadata.slipstream).toBeUndefined();
  });
});

describe('the SDK’s stack', () => {
  it('runs the user’s middleware on what goes to the store, and never on a hit', async () => {
    const runs: string[] = [];
    const note =
      (step: string) =>
      <Next>(next: Next, context: { commandName?: string }) => {
        runs.push(`${String(context.commandName)} ${step}`);
        return next;
      };
    client.middlewareStack.add(note('initialize'), { step: 'initialize' });
    client.middlewareStack.add(note('build'), { step: 'build' });
    client.middlewareStack.add(note('deserialize'), { step: 'deserialize' });
    const key = newKey();
    const command = get(key);
    command.middlewareStack.add(note('own'), { step: 'serialize' });
    await client.send(command);
    const steps = ['initialize', 'own', 'build', 'deserialize'].map((step) => `GetItemCommand ${step}`);
    expect(runs.filter((run) => !run.startsWith('DescribeTable')).toSorted()).toEqual(steps.toSorted());
    runs.length = 0;
    expect((await client.send(command)).$metadata.slipstream?.cache).toBe('hit');
    expect(runs).toEqual([]);
  });

  it('is reached by the methods and paginators of the aggregated client, which hit the caches', async () => {
    const aggregated = things.track(new DynamoDB({ ...things.store.configuration, cache: { feed: 'none' } }));
    const id = newKey().id;
    for (const at of ['1', '2', '3']) await aggregated.putItem({ TableName, Item: { id, at: { S: at } } });
    // The SDK's paginator writes its progress into what it is given.
    const query = () => ({
      TableName,
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': id },
      Limit: 2,
    });
    for (const expected of ['miss', 'hit']) {
      const pages = [];
      for await (const page of paginateQuery({ client: aggregated }, query())) pages.push(page);
      expect(pages.map((page) => page.Items?.map((item) => item['at']?.S))).toEqual([['1', '2'], ['3']]);
      for (const page of pages) expect(page.$metadata).toMatchObject({ slipstream: { cache: expected } });
    }
    const got = await aggregated.getItem({ TableName, Key: { id, at: { S: '3' } } });
    expect(got.Item).toEqual({ id, at: { S: '3' } });
  });
});
