/** The options of streams reach the embedded store, behind either command. */
import { expect, test, vi } from 'vitest';
import { sleep, systemClock } from '../../src/base/clock.ts';
import { callApi, CliProcess } from './cli-process.ts';

interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
}

const TABLE = {
  TableName: 'Things',
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
};

async function shardsOf(url: string, StreamArn: string): Promise<readonly Shard[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDBStreams_20120810.DescribeStream',
    },
    body: JSON.stringify({ StreamArn }),
  });
  const { StreamDescription } = (await response.json()) as { StreamDescription: { Shards: readonly Shard[] } };
  return StreamDescription.Shards;
}

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

test.each([['store'], ['serve', '--admin-port', 'off']])(
  '%s --stream-shards, --stream-shards-max, --shard-roll',
  async (...command) => {
    const shards = ['--stream-shards', '2', '--stream-shards-max', '3', '--shard-roll', '200ms'];
    await using running = new CliProcess([...command, '--in-memory', '--http-port', '0', ...shards]);
    const { http } = (await running.ready()) as { http: string };
    const { output } = await callApi(http, 'CreateTable', TABLE);
    const { LatestStreamArn } = output['TableDescription'] as { LatestStreamArn: string };
    let listed = await shardsOf(http, LatestStreamArn);
    while (listed.length < 8) {
      await sleep(systemClock, 50);
      listed = await shardsOf(http, LatestStreamArn);
    }
    const generations = listed
      .slice(0, 8)
      .map(({ ParentShardId }) => listed.findIndex(({ ShardId }) => ShardId === ParentShardId));
    // Two to begin with; the first of them is split, which makes three; from then on each has one child.
    expect(generations).toEqual([-1, -1, 0, 0, 1, 2, 3, 4]);
  },
);
