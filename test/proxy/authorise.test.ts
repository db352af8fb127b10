/** Who may ask: with signatures demanded, nothing of the cache reaches a caller whose signature is not good (I12). */
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, expect, test } from 'vitest';
import type { Answer } from '../../src/accelerator/answer.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { authoriseSigned } from '../../src/proxy/authorise.ts';
import { acceleratorOf, closeAll, listen } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';

afterEach(closeAll);

const known = { accessKeyId: 'AKIDKNOWN', secretAccessKey: 'secret' };

async function signedDoor(region?: string): Promise<{ readonly url: string; readonly asked: () => number }> {
  let asked = 0;
  const secret = (): Answer => {
    asked++;
    return { reply: ServiceReply.fromOutput({ TableNames: ['Secret'] }), cache: 'hit', ageMs: 0 };
  };
  const accelerator = { ...acceleratorOf(secret), findKnown: secret };
  const authorise = authoriseSigned({
    credentialsOf: (id) => (id === known.accessKeyId ? known : undefined),
    region,
  });
  const { url } = await listen({ accelerator, authorise });
  return { url, asked: () => asked };
}

async function listTables(
  url: string,
  credentials: typeof known,
  region = 'eu-west-1',
): Promise<readonly string[] | undefined> {
  const client = new DynamoDBClient({ endpoint: url, region, credentials, maxAttempts: 1 });
  try {
    return (await client.send(new ListTablesCommand())).TableNames;
  } finally {
    client.destroy();
  }
}

test('an SDK with known credentials is answered', async () => {
  const { url } = await signedDoor();
  expect(await listTables(url, known)).toEqual(['Secret']);
});

test.each([
  ['an unknown key', { ...known, accessKeyId: 'AKIDOTHER' }, 'eu-west-1', 'UnrecognizedClientException'],
  ['a wrong secret', { ...known, secretAccessKey: 'guess' }, 'eu-west-1', 'InvalidSignatureException'],
  ['another region', known, 'us-west-2', 'InvalidSignatureException'],
] as const)('%s is refused before the cache is asked', async (_, credentials, region, name) => {
  const { url, asked } = await signedDoor('eu-west-1');
  await expect(listTables(url, credentials, region)).rejects.toMatchObject({ name });
  expect(asked()).toBe(0);
});

test.each([
  ['a call', 'DynamoDB_20120810.ListTables'],
  ['a read that is known by its bytes', 'DynamoDB_20120810.GetItem'],
])('%s without a signature is refused', async (_, target) => {
  const { url, asked } = await signedDoor();
  await using connection = await RawConnection.open(url);
  await connection.send(callBytes({ target }));
  const refused = await connection.answer();
  expect([refused.status, refused.body]).toEqual([400, expect.stringContaining('MissingAuthenticationTokenException')]);
  expect(asked()).toBe(0);
});
