/**
 * The same statements on the embedded store and on moto's server: what both can do has the same effects and answers. Left out is
 * what moto's parser takes for something else (inequality with a text, begins_with) or ends in a 500 of its own (contains,
 * DELETE by a composite key, parameters that are lists), where the developer guide is on our side.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { createRemoteStore, type RemoteStore } from '../../src/backing/remote-store.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { motoIsHere, startMoto, type ForeignStore } from '../support/foreign-stores.ts';
import { createThings, putThings } from './statements.ts';
import { call, item, send } from './stores.ts';

const THINGS: readonly JsonObject[] = [
  { ...item('a', 1), owner: { S: 'ann' }, rank: { N: '3' }, colour: { S: 'red' }, tags: { L: [{ S: 'x' }] } },
  { ...item('a', 2), owner: { S: 'ann' }, rank: { N: '1' }, colour: { S: 'blue' } },
  { ...item('b', 1), owner: { S: 'bob' }, rank: { N: '2' }, map: { M: { k: { S: 'v' } } } },
];

describe.runIf(motoIsHere())('beside moto', () => {
  let moto: ForeignStore;
  let remote: RemoteStore;
  let embedded: EmbeddedStore;

  beforeAll(async () => {
    moto = await startMoto();
    remote = createRemoteStore({ url: moto.url, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } });
    embedded = await openStore({ inMemory: true });
  }, 60_000);

  afterAll(async () => {
    await remote?.close();
    await moto?.close();
    await embedded?.close();
  });

  beforeEach(async () => {
    for (const store of [remote, embedded]) {
      await createThings(store);
      await putThings(store, THINGS);
    }
    return async () => {
      for (const store of [remote, embedded]) await call(store, 'DeleteTable', { TableName: 'things' });
    };
  });

  /** The outcome of a statement, then everything that is stored; items in the order of their keys. */
  async function outcome(store: BackingStore, statement: string, parameters?: readonly JsonObject[]) {
    const reply = await send(store, 'ExecuteStatement', {
      Statement: statement,
      ...(parameters !== undefined && { Parameters: parameters }),
    });
    const stored = await call(store, 'Scan', { TableName: 'things' });
    return {
      result: reply.ok ? sorted(reply.output['Items'] as JsonObject[]) : reply.errorName,
      stored: sorted(stored['Items'] as JsonObject[]),
    };
  }

  test.each<[string, JsonObject[]?]>([
    [`SELECT * FROM things`],
    [`SELECT * FROM "things" WHERE p = 'a'`],
    [`SELECT colour, p FROM things WHERE p = ? AND s = ?`, [{ S: 'a' }, { N: '1' }]],
    [`SELECT * FROM things WHERE p = ? AND s = ?`, [{ S: 'a' }, { N: '2' }]],
    [`SELECT * FROM things WHERE p = 'a' OR p = 'b'`],
    [`SELECT * FROM things WHERE colour = 'red' OR colour = 'blue'`],
    [`SELECT * FROM things WHERE rank > 1 AND (owner = 'ann' OR owner = 'bob')`],
    [`SELECT * FROM things WHERE map.k = 'v'`],
    [`SELECT * FROM things WHERE colour IS MISSING`],
    [`SELECT * FROM things WHERE colour IS NOT MISSING`],
    [`SELECT * FROM things WHERE attribute_type("rank", 'N')`],
    [`SELECT * FROM things WHERE attribute_type("map", 'M')`],
    [`SELECT * FROM things WHERE p IN ['a', 'x']`],
    [`SELECT * FROM nowhere`],
    [`INSERT INTO things value {'p': 'c', 's': 1, 'colour': 'green'}`],
    [`UPDATE "things" SET colour = 'pink' WHERE p = ? AND s = ?`, [{ S: 'a' }, { N: '1' }]],
    [
      `UPDATE "things" SET colour = ?, fresh = ? WHERE p = ? AND s = ?`,
      [{ S: 'x' }, { N: '7' }, { S: 'a' }, { N: '2' }],
    ],
    [`UPDATE "things" REMOVE colour WHERE p = ? AND s = ?`, [{ S: 'a' }, { N: '2' }]],
  ])('%s %j', async (statement, parameters) => {
    expect(await outcome(embedded, statement, parameters)).toEqual(await outcome(remote, statement, parameters));
  });
});

function sorted(items: readonly JsonObject[]): JsonObject[] {
  const place = ({ p, s }: JsonObject) => `${p?.S}/${s?.N}`;
  return items.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}
