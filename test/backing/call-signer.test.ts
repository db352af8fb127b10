import { expect, test } from 'vitest';
import { CallSigner } from '../../src/backing/call-signer.ts';
import { signRequest, SigningKeys, type Credentials } from '../../src/wire/sigv4.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 8, 30);
const TARGET = 'DynamoDB_20120810.GetItem';
const address = { host: '127.0.0.1:8000', path: '/', region: 'eu-west-1', via: undefined };
const permanent: Credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret' };
const temporary: Credentials = { ...permanent, accessKeyId: 'ASIA', sessionToken: 'token/+=' };

/** What the general signer makes of the same call. */
function expected(
  { host, path, region, via }: ConstructorParameters<typeof CallSigner>[0],
  target: string,
  body: Buffer,
  credentials: Credentials,
  wallMs: number,
): Record<string, string> {
  const headers = {
    host,
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': target,
    ...(via !== undefined && { 'x-slipstream-via': via }),
  };
  const scope = { region, service: 'dynamodb' };
  return signRequest({ method: 'POST', path, query: '', headers, body }, credentials, scope, wallMs, new SigningKeys());
}

function fieldsOf(turns: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i < turns.length; i += 2) fields[turns[i] as string] = turns[i + 1] as string;
  return fields;
}

test.each([
  ['a plain address', address],
  ['a proxy’s id', { ...address, via: 'node-1' }],
  ['an id that is not signed as it stands', { ...address, via: 'node  1 ' }],
  ['a long one', { ...address, via: 'n'.repeat(8_000) }],
  ['a path of its own', { ...address, path: '/a b/../dynamo/' }],
])('signs as the general signer does: %s', (_, given) => {
  const signer = new CallSigner(given);
  // Each of them changes something that a signature made before must not be taken for.
  for (const wallMs of [NOW_MS, NOW_MS + 400, NOW_MS + 1_000, NOW_MS + 86_400_000, NOW_MS]) {
    for (const credentials of [permanent, temporary, { ...permanent, secretAccessKey: 'another' }]) {
      for (const target of [TARGET, 'DynamoDB_20120810.PutItem']) {
        for (const body of [Buffer.from('{"TableName":"a"}'), Buffer.from('{"TableName":"ü"}')]) {
          const signed = fieldsOf(signer.sign(target, body, credentials, wallMs));
          expect(signed).toEqual(expected(given, target, body, credentials, wallMs));
        }
      }
    }
  }
});

test('operations that nobody knows do not add up, and are signed', () => {
  const signer = new CallSigner(address);
  const body = Buffer.from('{}');
  for (let i = 0; i < 1_000; i++) {
    const target = `DynamoDB_20120810.Unknown${i % 200}`;
    const signed = fieldsOf(signer.sign(target, body, permanent, NOW_MS));
    expect(signed).toEqual(expected(address, target, body, permanent, NOW_MS));
  }
});
