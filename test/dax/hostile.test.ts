import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../../src/base/log.ts';
import { silentLog } from '../../src/base/log.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import { atEnd, closeAll, openDax, openRig, type Rig } from './dax-rig.ts';
import { FuzzRun, Mutator } from './fuzz-run.ts';
import { endpointsRequest, getItemRequest, hello, method, RawClient, written } from './raw-client.ts';

afterEach(closeAll);

interface Line {
  readonly level: 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
}

function collectingLog(): { readonly log: Log; readonly lines: Line[] } {
  const lines: Line[] = [];
  const note = (level: Line['level']) => (fields: object) => void lines.push({ level, fields: { ...fields } });
  return { log: { ...silentLog, warn: note('warn'), error: note('error') }, lines };
}

async function connect(rig: Rig): Promise<RawClient> {
  const client = await RawClient.connect(rig.dax);
  atEnd(() => client.close());
  return client;
}

describe('bytes that make no request', () => {
  it.each([
    ['no greeting', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'no DAX client'],
    ['a method that there is not', Buffer.concat([hello, Buffer.from('01187b', 'hex')]), 'a method 123'],
    ['another service', Buffer.concat([hello, Buffer.from('0200', 'hex')]), 'a service 2'],
    [
      'a request larger than the limit',
      Buffer.concat([hello, Buffer.from('011a0fb0cc6a5affffffff', 'hex')]),
      'a string of',
    ],
    [
      'a key that is a number',
      Buffer.concat([hello, Buffer.from('011a0fb0cc6a43', 'hex'), Buffer.from('abc'), Buffer.from('01bfff', 'hex')]),
      'a byte string was due',
    ],
  ])('%s: closes that connection with the reason in the log, and no other', async (_what, bytes, reason) => {
    const { log, lines } = collectingLog();
    const rig = await openRig({ log });
    const other = await connect(rig);
    other.send(hello);
    const bad = await connect(rig);
    bad.send(bytes);
    expect(await bad.ended()).toHaveLength(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'warn' });
    expect(lines[0]?.fields['reason']).toContain(reason);
    other.send(endpointsRequest);
    expect((await other.receive(2)).toString('hex')).toBe('8081');
  });

  it('a request that stops in the middle is given up in its time, an idle connection never', async () => {
    const { log, lines } = collectingLog();
    const rig = await openRig({ log, requestTimeoutMs: 50, headersTimeoutMs: 50 });
    const silent = await connect(rig);
    const idle = await connect(rig);
    idle.send(hello);
    const half = await connect(rig);
    half.send(hello, getItemRequest('hash', 'a').subarray(0, 9));
    await Promise.all([half.ended(), silent.ended()]);
    expect(new Set(lines.map(({ fields }) => fields['reason']))).toEqual(
      new Set(['a request did not come to its end in time', 'nothing came in time']),
    );
    idle.send(endpointsRequest);
    expect((await idle.receive(2)).toString('hex')).toBe('8081');
  });

  it('more bytes than may be held are not held', async () => {
    const rig = await openRig({ receivingBytesMax: 100_000 });
    const flood = await connect(rig);
    const head = written((writer) => {
      writer.integer(1);
      writer.integer(method.putItem);
    });
    flood.send(hello, head, Buffer.from('5a000fffff', 'hex'), Buffer.alloc(300_000));
    expect(await flood.ended()).toHaveLength(0);
    const client = openDax({ endpoint: rig.dax });
    expect(await client.getItem({ TableName: 'hash', Key: { pk: { S: 'a' } } })).toEqual({});
  });

  it('values nested deeper than DynamoDB takes get its refusal, and the connection stays', async () => {
    const rig = await openRig();
    const client = openDax({ endpoint: rig.dax });
    let deep: object = { S: 'bottom' };
    for (let i = 0; i < 40; i++) deep = { L: [deep] };
    const Item = { pk: { S: 'deep' }, deep } as never;
    await expect(client.putItem({ TableName: 'hash', Item })).rejects.toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining('Nesting Levels') as string,
    });
  });
});

describe('requests in strange pieces', () => {
  it('one byte at a time, or all at once, are answered one by one and in order', async () => {
    const rig = await openRig();
    await rig.store.send(ServiceRequest.fromInput('PutItem', { TableName: 'hash', Item: { pk: { S: 'a' } } }));
    const requests = Buffer.concat([
      hello,
      getItemRequest('hash', 'a'),
      getItemRequest('hash', 'b'),
      getItemRequest('hash', 'a'),
    ]);
    const answers = '80a1004101' + '80a0' + '80a1004101';
    const together = await connect(rig);
    together.send(requests);
    expect((await together.receive(answers.length / 2)).toString('hex')).toBe(answers);
    const slowly = await connect(rig);
    slowly.socket.setNoDelay(true);
    for (const byte of requests) {
      slowly.send(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await slowly.receive(answers.length / 2)).toString('hex')).toBe(answers);
  });
});

describe('mutated requests', () => {
  it('never end or stall the door, and are never a fault of ours', { timeout: 60_000 }, async () => {
    const run = await FuzzRun.open();
    const mutator = new Mutator(20_261_122);
    for (let sent = 0; sent < 4_000; sent += 8) {
      await Promise.all(Array.from({ length: 8 }, () => run.send(mutator.next())));
    }
    expect(run.faults).toEqual([]);
    expect(run.counts.answered).toBeGreaterThan(500);
    expect(run.counts.silent).toBeGreaterThan(500);
    expect(run.rig.proxy.inFlight).toBe(0);
    const healthy = openDax({ endpoint: run.rig.dax });
    expect(await healthy.getItem({ TableName: 'hash', Key: { pk: { S: 'alive' } } })).toEqual({});
  });
});
