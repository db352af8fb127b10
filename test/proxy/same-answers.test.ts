/**
 * Goal: a caller cannot tell by which way its call went through the HTTP door.
 * Method: one table of calls, each sent twice: as it is, which takes the fast path, and with a `connection` header that only
 * `node:http` understands. Both answers are compared; the writing of their headers tells who made them.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/accelerator/answer.ts';
import type { ServiceRequest } from '../../src/model/service-call.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { ServiceError } from '../../src/model/service-error.ts';
import { authoriseSigned } from '../../src/proxy/authorise.ts';
import type { ProxyOptions } from '../../src/proxy/proxy.ts';
import { signRequest, SigningKeys } from '../../src/wire/sigv4.ts';
import { acceleratorOf, closeAll, listen, storeOf } from './door-rig.ts';
import { callBytes, RawConnection } from './raw-connection.ts';
import type { RawAnswer, RawRequest } from './raw-connection.ts';

afterEach(closeAll);

const known = { accessKeyId: 'AKIDKNOWN', secretAccessKey: 'secret' };
const signedOnly = authoriseSigned({ credentialsOf: (id) => (id === known.accessKeyId ? known : undefined) });

interface Row {
  readonly what: string;
  readonly options?: Partial<ProxyOptions>;
  readonly answer?: () => Answer | Promise<Answer>;
  readonly call?: RawRequest;
  readonly status: number;
}

const answerOf = (reply: ServiceReply, cache: Answer['cache'] = 'hit', ageMs?: number): Answer => ({
  reply,
  cache,
  ageMs,
});
const item = ServiceReply.fromOutput({ Item: { pk: { S: 'é' } } });
const large = ServiceReply.fromOutput({ Item: { pk: { S: 'x'.repeat(300_000) } } });
const remote = {
  'x-amzn-requestid': 'THEIRS',
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-crc32': '7',
  'x-own': 'kept',
  connection: 'close',
  'transfer-encoding': 'chunked',
};

const rows: readonly Row[] = [
  { what: 'a hit', answer: () => answerOf(item, 'hit', 0), status: 200 },
  { what: 'a hit of an age that is no whole number', answer: () => answerOf(item, 'hit', 12_345.6), status: 200 },
  { what: 'a hit of 300 KB', answer: () => answerOf(large, 'hit', 9), status: 200 },
  { what: 'a hit without an item', answer: () => answerOf(ServiceReply.fromOutput({}), 'hit', 99), status: 200 },
  {
    what: 'a hit in the other JSON type',
    answer: () => answerOf(item, 'hit', 1),
    call: { headers: { 'content-type': 'application/json; charset=utf-8' } },
    status: 200,
  },
  { what: 'a miss', answer: () => Promise.resolve(answerOf(item, 'miss')), status: 200 },
  { what: 'a bypass', call: { headers: { 'x-slipstream-control': 'bypass' } }, status: 200 },
  { what: 'a control that is none', call: { headers: { 'x-slipstream-control': 'no-cache' } }, status: 400 },
  { what: 'a call of the proxy itself', call: { headers: { 'x-slipstream-via': 'ownid' } }, status: 400 },
  { what: 'a call through another proxy', call: { headers: { 'x-slipstream-via': 'otherid' } }, status: 200 },
  {
    what: "a remote store's answer",
    answer: () => Promise.resolve(answerOf(ServiceReply.fromBody(200, Buffer.from('{ }'), remote), 'pass')),
    status: 200,
  },
  {
    what: "a remote store's answer with its date",
    answer: () =>
      answerOf(ServiceReply.fromBody(429, Buffer.from(''), { date: 'Mon, 01 Jan 2024 00:00:00 GMT' }), 'pass'),
    status: 429,
  },
  {
    what: 'an answer with a status that has no name',
    answer: () => answerOf(ServiceReply.fromOutput({}, { status: 599 }), 'pass'),
    status: 599,
  },
  {
    what: 'an exception',
    answer: () => {
      throw new ServiceError('ResourceNotFoundException', 'no table');
    },
    status: 400,
  },
  { what: 'a fault', answer: () => Promise.reject(new TypeError('no function')), status: 500 },
  { what: 'a reply that cannot be written', answer: () => answerOf(circular(), 'hit', 1), status: 500 },
  { what: 'an unknown operation', call: { target: 'DynamoDB_20120810.Get/Item' }, status: 400 },
  { what: 'no target', call: { target: '' }, status: 400 },
  { what: 'broken JSON and no target', call: { target: '', body: '{' }, status: 400 },
  { what: 'broken JSON', call: { body: '{' }, status: 400 },
  { what: 'no body', call: { body: '' }, status: 400 },
  { what: 'too many calls', options: { inFlightMax: 0 }, status: 400 },
  { what: 'a call without a signature', options: { authorise: signedOnly }, status: 400 },
  { what: 'a call with a good signature', options: { authorise: signedOnly }, call: signed(known), status: 200 },
  {
    what: 'a call with a bad signature',
    options: { authorise: signedOnly },
    call: signed({ ...known, secretAccessKey: 'guess' }),
    status: 400,
  },
  { what: 'no cache behind the door', options: { accelerator: undefined }, status: 200 },
];

function circular(): ServiceReply {
  const output: Record<string, unknown> = {};
  output['self'] = output;
  return ServiceReply.fromOutput(output);
}

function signed(credentials: typeof known): RawRequest {
  const target = 'DynamoDB_20120810.ListTables';
  const headers = signRequest(
    {
      method: 'POST',
      path: '/',
      query: '',
      headers: { host: 'localhost', 'x-amz-target': target },
      body: Buffer.from('{}'),
    },
    credentials,
    { region: 'eu-west-1', service: 'dynamodb' },
    Date.now(),
    new SigningKeys(),
  );
  return { target, headers: { ...headers } };
}

/** Reads the call's parameters, as an accelerator does, so that a broken body is told. */
const parsed = (answer: () => Answer | Promise<Answer>) => (request: ServiceRequest) => {
  void request.input;
  return answer();
};

const isFromNode = ({ head }: RawAnswer) => head.includes('\r\nConnection: ');

/** Without what differs from answer to answer. */
function comparable({ status, headers, body }: RawAnswer): object {
  const { date, 'x-amzn-requestid': id, ...others } = headers;
  expect(new Date(date as string).toUTCString()).toBe(date);
  if (id !== 'THEIRS') expect(id).toMatch(/^[A-Z0-9]{52}$/);
  return { status, headers: others, body };
}

describe('by both ways', () => {
  test.each(rows)(
    '$what is answered alike',
    async ({ options, answer = () => answerOf(item, 'pass'), call, status }) => {
      const { url } = await listen({
        accelerator: acceleratorOf(parsed(answer)),
        backing: storeOf(() => Promise.resolve(item)),
        instance: 'ownid',
        ...options,
      });
      await using fast = await RawConnection.open(url);
      await using slow = await RawConnection.open(url);
      await fast.send(callBytes(call));
      await slow.send(callBytes({ ...call, headers: { ...call?.headers, connection: 'keep-alive, x-none' } }));
      const [fastAnswer, slowAnswer] = [await fast.answer(), await slow.answer()];
      expect([isFromNode(fastAnswer), isFromNode(slowAnswer)]).toEqual([false, true]);
      expect(comparable(fastAnswer)).toEqual(comparable(slowAnswer));
      expect(fastAnswer.status).toBe(status);
      // Both connections go on as they were.
      await fast.send(callBytes(call));
      await slow.send(callBytes(call));
      expect(comparable(await fast.answer())).toEqual(comparable(await slow.answer()));
    },
  );
});
