import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { ServiceReply, ServiceRequest } from '../../src/model/service-call.ts';
import { DaxCalls } from '../../src/proxy/dax-calls.ts';
import { ReadyAnswers } from '../../src/proxy/dax-ready.ts';
import { DaxTables } from '../../src/proxy/dax-tables.ts';
import { RequestIds } from '../../src/wire/aws-json.ts';
import { AttributeLists } from '../../src/wire/dax/attribute-lists.ts';
import { CborReader } from '../../src/wire/dax/cbor-reader.ts';
import type { CborWriter } from '../../src/wire/dax/cbor-writer.ts';
import { readGetItem } from '../../src/wire/dax/item-calls.ts';
import { readQuery } from '../../src/wire/dax/page-calls.ts';
import { closeAll, openRig, type Rig } from './dax-rig.ts';
import { written } from './raw-client.ts';

afterEach(closeAll);

function tablesOf({ accelerator }: Rig): DaxTables {
  const dispatch = accelerator.execute.bind(accelerator);
  return new DaxTables({ dispatch, clock: systemClock, ttlMs: 60_000, tablesMax: 10 });
}

function callsOf(rig: Rig, tables = tablesOf(rig)): DaxCalls {
  const clock = systemClock;
  const { accelerator } = rig;
  return new DaxCalls({
    dispatch: accelerator.execute.bind(accelerator),
    findKnown: accelerator.findKnown?.bind(accelerator),
    tables,
    lists: new AttributeLists(),
    ids: new RequestIds(clock),
    readyBytesMax: 1024 * 1024,
    instance: 'test',
    clock,
    log: silentLog,
  });
}

const reader = (write: (writer: CborWriter) => void) => new CborReader(written(write));
const put = (rig: Rig, Item: object) =>
  rig.accelerator.execute(ServiceRequest.fromInput('PutItem', { TableName: 'hash', Item }));

it('a cached item keeps its bytes: a later hit is the same buffer, until the item is another', async () => {
  const rig = await openRig();
  const calls = callsOf(rig);
  const get = () =>
    calls.answer(undefined, () =>
      readGetItem(
        reader((writer) => {
          writer.text('hash');
          writer.bytes(Buffer.from('a'));
          writer.null();
        }),
      ),
    );
  await put(rig, { pk: { S: 'a' }, v: { N: '1' } });
  const first = await get();
  const second = await get();
  const third = get();
  // Not a promise: a hit is answered in the turn in which it is asked.
  expect(third).toBe(second);
  expect(third).toEqual(first);
  await put(rig, { pk: { S: 'a' }, v: { N: '2' } });
  const changed = await get();
  expect(changed).not.toEqual(first);
  expect(await get()).toEqual(changed);
});

it('a read that is sent again and again is read no more, but its answer and its keys are looked at each time', async () => {
  const rig = await openRig();
  const tables = tablesOf(rig);
  const calls = callsOf(rig, tables);
  let reads = 0;
  const get = () =>
    calls.answerKnown('get a') ??
    calls.answer('get a', () => {
      reads++;
      return readGetItem(
        reader((writer) => {
          writer.text('hash');
          writer.bytes(Buffer.from('a'));
          writer.null();
        }),
      );
    });
  const readsOf = async (count: number) => {
    const before = reads;
    for (let n = 0; n < count; n++) await get();
    return reads - before;
  };
  await put(rig, { pk: { S: 'a' }, v: { N: '1' } });
  expect(await readsOf(20)).toBeLessThan(20);
  expect(await readsOf(20)).toBe(0);
  const before = await get();
  await put(rig, { pk: { S: 'a' }, v: { N: '2' } });
  expect(await get()).not.toEqual(before);
  expect(await readsOf(20)).toBe(0);
  // The table may be another one, with another key: the bytes mean something else then.
  tables.forget(['hash']);
  expect(await readsOf(2)).toBe(2);
});

it('a cached page keeps its bytes for each form in which it is asked for, one at a time', async () => {
  const rig = await openRig();
  const calls = callsOf(rig);
  await rig.accelerator.execute(
    ServiceRequest.fromInput('PutItem', { TableName: 'range', Item: { h: { S: 'p' }, r: { N: '1' }, v: { S: 'x' } } }),
  );
  const condition = Buffer.from('8301830082126168821100816170', 'hex');
  const query = (projection?: string) =>
    calls.answer(undefined, () =>
      readQuery(
        reader((writer) => {
          writer.text('range');
          writer.bytes(condition);
          writer.openMap();
          if (projection !== undefined) {
            writer.integer(0);
            writer.bytes(Buffer.from(projection, 'hex'));
          }
          writer.closeMap();
        }),
        { userAgent: '' },
      ),
    );
  await query();
  const whole = await query();
  expect(query()).toBe(whole);
  // r, v and v, r: one page in the cache, and other numbers in the answer.
  const [there, back] = ['8201828212617282126176', '8201828212617682126172'];
  await query(there);
  const projected = await query(there);
  expect(query(there)).toBe(projected);
  expect(await query(back)).not.toEqual(projected);
  expect(await query(there)).toEqual(projected);
});

it('answers leave in the order in which they were last asked for, so that all together stay in their budget', () => {
  const replies = Array.from({ length: 6 }, () => ServiceReply.fromOutput({}));
  // Four answers, in two generations.
  const ready = new ReadyAnswers(4 * 1_250);
  const keep = (place: number) => ready.set(replies[place]!, { form: 'item', bytes: Buffer.alloc(1_000), lists: [] });
  const isKept = (place: number) => ready.get(replies[place]!, 'item') !== undefined;
  for (const place of [0, 1, 2]) keep(place);
  expect(isKept(0)).toBe(true);
  // With 2 and 0, which has become young again, the young generation is full; the next one pushes out 1.
  keep(3);
  expect([0, 1, 2, 3].map(isKept)).toEqual([true, false, true, true]);
  ready.set(replies[4]!, { form: 'item', bytes: Buffer.alloc(10_000), lists: [] });
  expect(isKept(4)).toBe(false);
  expect(ready.get(replies[3]!, 'page')).toBeUndefined();
});

it('small answers lie side by side, each with bytes of its own, and none keeps memory of a generation that is gone', () => {
  const replies = Array.from({ length: 400 }, () => ServiceReply.fromOutput({}));
  // Some 260 answers a generation.
  const ready = new ReadyAnswers(2 * 200_000);
  const bytesOf = (place: number): Buffer => Buffer.alloc(500, place % 251);
  const keep = (place: number) => ready.set(replies[place]!, { form: 'item', bytes: bytesOf(place), lists: [] });
  const [first, second] = [keep(0), keep(1)];
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
  for (let place = 2; place < 300; place++) keep(place);
  // Asked for in the second generation, and kept in its memory.
  const again = ready.get(replies[0]!, 'item');
  expect(again?.bytes).toEqual(bytesOf(0));
  expect(again?.bytes.buffer).not.toBe(first.bytes.buffer);
  expect(ready.get(replies[0]!, 'item')).toBe(again);
  for (let place = 300; place < 400; place++) keep(place);
  for (let place = 0; place < 400; place++) {
    expect(ready.get(replies[place]!, 'item')?.bytes ?? bytesOf(place)).toEqual(bytesOf(place));
  }
});

it('a large answer lies by itself, as it was made', () => {
  const ready = new ReadyAnswers(1024 * 1024);
  const bytes = Buffer.alloc(10_000);
  expect(ready.set(ServiceReply.fromOutput({}), { form: 'item', bytes, lists: [] }).bytes).toBe(bytes);
});
