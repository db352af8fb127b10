/**
 * The signer is compared with `@smithy/signature-v4` on random requests; the verifier must take what either of them
 * signs, and nothing that was changed afterwards.
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServiceError } from '../../src/model/service-error.ts';
import { basicTime, scopeText, signRequest, SigningKeys, type SignableRequest } from '../../src/wire/sigv4.ts';
import {
  claimedAccessKeyId,
  verifyRequest,
  type SignedRequest,
  type VerifyOptions,
} from '../../src/wire/sigv4-verify.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 8, 30, 15);
const scope = { region: 'eu-west-1', service: 'dynamodb' };
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const keys = new SigningKeys();

const options: VerifyOptions = {
  credentialsOf: (id) => (id === credentials.accessKeyId ? credentials : undefined),
  wallMs: NOW_MS,
  keys,
  region: scope.region,
};

function request(body = '{}', headers: Record<string, string> = {}): SignableRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: {
      host: 'dynamodb.eu-west-1.amazonaws.com',
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      ...headers,
    },
    body: Buffer.from(body),
  };
}

function signed(wallMs = NOW_MS): SignableRequest {
  const unsigned = request('{"TableName":"orders"}');
  return { ...unsigned, headers: signRequest(unsigned, credentials, scope, wallMs, keys) };
}

function withHeader(original: SignableRequest, name: string, value: string | undefined): SignableRequest {
  const headers: Record<string, string> = { ...original.headers };
  if (value === undefined) delete headers[name];
  else headers[name] = value;
  return { ...original, headers };
}

function received(sent: SignableRequest): SignedRequest {
  return { ...sent, headers: new Map(Object.entries(sent.headers)) };
}

function refusal(given: SignableRequest, more: Partial<VerifyOptions> = {}): string {
  try {
    verifyRequest(received(given), { ...options, ...more });
  } catch (error) {
    if (error instanceof ServiceError) return `${error.name}: ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const headerValue = fc.string({ unit: fc.constantFrom('a', 'b', '1', ' ', '\t', ',', ';', '=', '~'), maxLength: 20 });

describe('the signer', () => {
  test('signs any request as the SDK does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          path: fc.array(fc.constantFrom('', '.', '..', 'a', 'b c', 'ü', '%41', "!'()*"), { maxLength: 5 }),
          query: fc.dictionary(
            text.filter((name) => name.toLowerCase() !== '__proto__' && name !== ''),
            text,
            { maxKeys: 4 },
          ),
          headers: fc.dictionary(fc.stringMatching(/^x-[a-z]{1,8}$/), headerValue, { maxKeys: 4 }),
          body: fc.uint8Array({ maxLength: 64 }),
          sessionToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=]{1,40}$/), { nil: undefined }),
          secretAccessKey: fc.string({ minLength: 1, maxLength: 40 }),
          wallMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
          method: fc.constantFrom('GET', 'POST', 'PUT'),
        }),
        async ({ path, query, headers, body, sessionToken, secretAccessKey, wallMs, method }) => {
          const identity = { accessKeyId: 'AKID', secretAccessKey, ...(sessionToken && { sessionToken }) };
          const all = { host: 'example.test', ...headers };
          const target = `/${path.join('/')}`;
          const oracle = new SignatureV4({ ...scope, credentials: identity, sha256: Sha256, applyChecksum: false });
          const expected = await oracle.sign(
            new HttpRequest({
              method,
              protocol: 'http:',
              hostname: 'example.test',
              path: target,
              query,
              headers: all,
              body,
            }),
            { signingDate: new Date(wallMs) },
          );
          const encoded = Object.entries(query).map((pair) => pair.map(encodeURIComponent).join('='));
          const given = { method, path: target, query: encoded.join('&'), headers: all, body };
          const headersSigned = signRequest(given, identity, scope, wallMs, new SigningKeys());
          expect(headersSigned['authorization']).toBe(expected.headers['authorization']);
          expect(headersSigned['x-amz-date']).toBe(expected.headers['x-amz-date']);
          expect(headersSigned['x-amz-security-token']).toBe(expected.headers['x-amz-security-token']);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('keeps keys apart by secret, day and region, and forgets the oldest beyond its limit', () => {
    const few = new SigningKeys(1);
    const signature = (secretAccessKey: string, date: string, region: string) =>
      few
        .keyOf(`AKID/${scopeText(date, { region, service: 'dynamodb' })}`, secretAccessKey)
        .sign(basicTime(NOW_MS), 'digest');
    const first = signature('one', '20261122', 'eu-west-1');
    const others = [
      signature('two', '20261122', 'eu-west-1'),
      signature('one', '20261123', 'eu-west-1'),
      signature('one', '20261122', 'us-east-1'),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
    expect(signature('one', '20261122', 'eu-west-1')).toBe(first);
  });

  test('writes times in the basic format', () => {
    expect(basicTime(NOW_MS)).toBe('20261122T083015Z');
  });
});

describe('the verifier', () => {
  test('accepts what the signer signed and says who it was', () => {
    expect(verifyRequest(received(signed()), options)).toEqual({ accessKeyId: 'AKIDEXAMPLE', ...scope });
    expect(claimedAccessKeyId(signed().headers['authorization'])).toBe('AKIDEXAMPLE');
  });

  test('refuses any request of which a signed part was changed', () => {
    const original = signed();
    const changes: SignableRequest[] = [
      { ...original, body: Buffer.from('{"TableName":"secrets"}') },
      { ...original, method: 'GET' },
      { ...original, path: '/other' },
      { ...original, query: 'a=b' },
      withHeader(original, 'x-amz-target', 'DynamoDB_20120810.DeleteTable'),
      withHeader(original, 'host', 'elsewhere.test'),
      withHeader(original, 'x-amz-date', basicTime(NOW_MS + 1000)),
      withHeader(original, 'authorization', original.headers['authorization']?.replace(/.$/, 'g')),
      withHeader(original, 'authorization', original.headers['authorization']?.slice(0, -1)),
    ];
    for (const changed of changes) {
      expect(refusal(changed)).toMatch(
        /^InvalidSignatureException: The request signature we calculated does not match the signature you provided\./,
      );
    }
  });

  test('refuses an operation that was added after signing, and takes a header of a proxy on the way', () => {
    const bare = withHeader(request(), 'x-amz-target', undefined);
    const bareSigned = { ...bare, headers: signRequest(bare, credentials, scope, NOW_MS, keys) };
    expect(refusal(withHeader(bareSigned, 'x-amz-target', 'DynamoDB_20120810.DeleteTable'))).toBe(
      "InvalidSignatureException: 'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
    );
    expect(refusal(withHeader(signed(), 'x-amz-cf-id', 'x'))).toBe('accepted');
  });

  test('allows the clocks to be fifteen minutes apart and no more', () => {
    const skewMs = 15 * 60 * 1000;
    expect(refusal(signed(NOW_MS - skewMs))).toBe('accepted');
    expect(refusal(signed(NOW_MS + skewMs))).toBe('accepted');
    expect(refusal(signed(NOW_MS - skewMs - 1000))).toBe(
      'InvalidSignatureException: Signature expired: 20261122T081514Z is now earlier than 20261122T081515Z ' +
        '(20261122T083015Z - 15 min.)',
    );
    expect(refusal(signed(NOW_MS + skewMs + 1000))).toBe(
      'InvalidSignatureException: Signature not yet current: 20261122T084516Z is still later than 20261122T084515Z ' +
        '(20261122T083015Z + 15 min.)',
    );
  });

  test('says what an incomplete authorisation lacks', () => {
    const missing = 'MissingAuthenticationTokenException: Request is missing Authentication Token';
    expect(refusal(request())).toBe(missing);
    expect(refusal(request('{}', { authorization: 'Basic dXNlcg==' }))).toBe(missing);
    expect(refusal(request('{}', { authorization: 'AWS4-HMAC-SHA256 SignedHeaders=host' }))).toBe(
      "IncompleteSignatureException: Authorization header requires 'Credential' parameter. " +
        "Authorization header requires 'Signature' parameter. " +
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " +
        'Authorization=AWS4-HMAC-SHA256 SignedHeaders=host',
    );
    expect(refusal({ ...signed(), query: 'X-Amz-Algorithm=AWS4-HMAC-SHA256' })).toMatch(/Found both 'X-Amz-Algorithm'/);
    expect(refusal(withHeader(signed(), 'x-amz-date', '201'))).toBe(
      "IncompleteSignatureException: Date must be in ISO-8601 'basic format'. Got '201'. " +
        'See http://en.wikipedia.org/wiki/ISO_8601',
    );
  });

  test('checks the scope part by part', () => {
    const change = (from: string | RegExp, to: string) => {
      const original = signed();
      return refusal(withHeader(original, 'authorization', original.headers['authorization']?.replace(from, to)));
    };
    expect(change('/eu-west-1/', '/us-east-1/')).toMatch(/scoped to a valid region, not 'us-east-1'/);
    expect(change('/dynamodb/', '/s3/')).toMatch(/scoped to correct service: 'dynamodb'/);
    expect(change('/aws4_request', '/aws5')).toMatch(/valid terminator: 'aws4_request', not 'aws5'/);
    expect(change('/20261122/', '/20261121/')).toMatch(/'20261121' != '20261122', from '20261122T083015Z'/);
    expect(change('/aws4_request', '')).toMatch(/^IncompleteSignatureException: Credential must have exactly 5/);
    expect(change('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA1')).toMatch(/^IncompleteSignatureException: Unsupported AWS/);
    expect(change('host;', '')).toBe(
      "InvalidSignatureException: 'Host' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  test('knows neither a foreign key nor a token that does not belong to the key', () => {
    const unknown = 'UnrecognizedClientException: The security token included in the request is invalid.';
    expect(refusal(signed(), { credentialsOf: () => undefined })).toBe(unknown);
    const temporary = { ...credentials, sessionToken: 'token' };
    const withToken = { ...request(), headers: signRequest(request(), temporary, scope, NOW_MS, keys) };
    expect(refusal(withToken, { credentialsOf: () => temporary })).toBe('accepted');
    expect(refusal(withToken)).toBe(unknown);
    expect(refusal(signed(), { credentialsOf: () => temporary })).toBe(unknown);
  });
});
