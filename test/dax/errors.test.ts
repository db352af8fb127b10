/** Each error of the service, as the unmodified client shows it, and whether the client tries again. */
import { afterEach, describe, expect, it } from 'vitest';
import { createAccelerator } from '../../src/accelerator/accelerator.ts';
import { SlipstreamError, type SlipstreamErrorCode } from '../../src/base/errors.ts';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { ServiceReply } from '../../src/model/service-call.ts';
import { ServiceError, type ServiceErrorName } from '../../src/model/service-error.ts';
import { createProxy } from '../../src/proxy/proxy.ts';
import { atEnd, closeAll, openDax, openV1, type DaxClient, type V1Client } from './dax-rig.ts';

afterEach(closeAll);

const Key = { pk: { S: 'a' } };

/** A store that fails every call but the description of its table, and counts how often it is asked. */
async function openFailing(failure: () => ServiceReply): Promise<{ dax: string; asked: () => number }> {
  let asked = 0;
  const backing: BackingStore = {
    send({ operation }) {
      if (operation === 'DescribeTable') {
        return Promise.resolve(
          ServiceReply.fromOutput({
            Table: {
              TableName: 'hash',
              TableStatus: 'ACTIVE',
              AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
              KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
            },
          }),
        );
      }
      asked++;
      return new Promise((resolve) => resolve(failure()));
    },
    close: () => Promise.resolve(),
  };
  const proxy = createProxy({
    backing,
    accelerator: createAccelerator({ backing }),
    httpPort: 'off',
    daxPort: 0,
    adminPort: 'off',
  });
  atEnd(() => proxy.close());
  const { dax } = await proxy.listen();
  return { dax: dax as string, asked: () => asked };
}

interface Shown {
  readonly name: ServiceErrorName;
  readonly status?: number;
  /** Where the client calls it something else. */
  readonly code?: string;
  readonly read: 'again' | 'once';
  readonly write: 'again' | 'once';
}

const errors: readonly Shown[] = [
  { name: 'ProvisionedThroughputExceededException', read: 'again', write: 'again' },
  { name: 'ResourceNotFoundException', read: 'once', write: 'once' },
  { name: 'ConditionalCheckFailedException', read: 'once', write: 'once' },
  { name: 'ResourceInUseException', read: 'once', write: 'once' },
  { name: 'ValidationException', read: 'once', write: 'once' },
  { name: 'AccessDeniedException', read: 'once', write: 'once' },
  { name: 'InternalServerError', code: 'InternalServerErrorException', status: 500, read: 'again', write: 'once' },
  { name: 'ServiceUnavailable', status: 503, read: 'again', write: 'once' },
  { name: 'ItemCollectionSizeLimitExceededException', read: 'once', write: 'once' },
  { name: 'LimitExceededException', read: 'again', write: 'again' },
  { name: 'ThrottlingException', read: 'again', write: 'again' },
  { name: 'RequestLimitExceeded', read: 'again', write: 'again' },
  { name: 'TransactionConflictException', read: 'once', write: 'once' },
  { name: 'TransactionInProgressException', read: 'once', write: 'once' },
  { name: 'IdempotentParameterMismatchException', read: 'once', write: 'once' },
];

const times = { again: 2, once: 1 } as const;

describe('an error of the store', () => {
  it.each(errors)('$name is shown by its name, and met $read by a read, $write by a write', async (shown) => {
    const { name, status = 400, code = name } = shown;
    const { dax, asked } = await openFailing(() => ServiceReply.fromError(new ServiceError(name, `why: ${name}`)));
    const clients: [DaxClient, V1Client] = [openDax({ endpoint: dax }), openV1({ endpoint: dax })];
    const error = { code, statusCode: status, message: expect.stringContaining(`why: ${name}`) as string };
    const [v3, v1] = clients;
    for (const read of [
      () => v3.getItem({ TableName: 'hash', Key }),
      () => v1.getItem({ TableName: 'hash', Key }).promise(),
    ]) {
      const before = asked();
      await expect(read()).rejects.toMatchObject(error);
      expect(asked() - before).toBe(times[shown.read]);
    }
    for (const write of [
      () => v3.putItem({ TableName: 'hash', Item: Key }),
      () => v1.putItem({ TableName: 'hash', Item: Key }).promise(),
    ]) {
      const before = asked();
      await expect(write()).rejects.toMatchObject({ code, statusCode: status });
      expect(asked() - before).toBe(times[shown.write]);
    }
  });

  it.each<[SlipstreamErrorCode, string]>([
    ['SLIPSTREAM_BACKING_UNREACHABLE', 'ServiceUnavailable'],
    ['SLIPSTREAM_BACKING_TIMEOUT', 'ServiceUnavailable'],
    ['SLIPSTREAM_LIMIT', 'ThrottlingException'],
  ])('%s of ours is %s, and says what happened', async (ours, code) => {
    const { dax } = await openFailing(() => {
      throw new SlipstreamError(ours, 'the cable is cut');
    });
    const client = openDax({ endpoint: dax, maxRetries: 0 });
    await expect(client.getItem({ TableName: 'hash', Key })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(`${ours}: the cable is cut`) as string,
    });
  });

  it('that is no JSON is shown with its text', async () => {
    const { dax } = await openFailing(() => ServiceReply.fromBody(502, Buffer.from('<h1>Bad Gateway</h1>')));
    const client = openDax({ endpoint: dax, maxRetries: 0 });
    await expect(client.getItem({ TableName: 'hash', Key })).rejects.toMatchObject({
      statusCode: 502,
      message: expect.stringContaining('Bad Gateway') as string,
    });
  });

  it('of a table that is not there is told by the first call', async () => {
    const backing: BackingStore = {
      send: () =>
        Promise.resolve(
          ServiceReply.fromError(
            new ServiceError('ResourceNotFoundException', 'Requested resource not found: Table: x'),
          ),
        ),
      close: () => Promise.resolve(),
    };
    const proxy = createProxy({ backing, httpPort: 'off', daxPort: 0, adminPort: 'off' });
    atEnd(() => proxy.close());
    const { dax } = await proxy.listen();
    const client = openDax({ endpoint: dax as string });
    await expect(client.getItem({ TableName: 'absent', Key })).rejects.toMatchObject({
      code: 'ResourceNotFoundException',
      message: 'ResourceNotFoundException: Requested resource not found',
    });
  });
});
