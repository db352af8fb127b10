/**
 * A share of the differential property for every run of the tests; `npm run differential` asks a hundred times as much.
 * SLIPSTREAM_SEED repeats a run.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { ServiceReply, type JsonObject } from '../../src/model/service-call.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import { firstDifference } from '../support/compare-stores.ts';
import { runDifferential } from '../support/differential.ts';
import { motoIsHere, startDynalite, startMoto } from '../support/foreign-stores.ts';
import { randomTable, TABLE, type RandomTable } from '../support/random-calls.ts';

const seed = Number(process.env['SLIPSTREAM_SEED'] ?? Date.now() % 2 ** 31);

describe('random calls are answered alike', () => {
  it('is what a store that forgets an attribute fails', async () => {
    const [ours, theirs] = await Promise.all([openStore({ inMemory: true }), openStore({ inMemory: true })]);
    const forgetful: BackingStore = {
      async send(request) {
        const reply = await theirs.send(request);
        if (request.operation !== 'GetItem' || reply.output['Item'] === undefined) return reply;
        const { a: _forgotten, ...rest } = reply.output['Item'] as JsonObject;
        return ServiceReply.fromOutput({ Item: rest });
      },
      close: () => Promise.resolve(),
    };
    const [table] = fc.sample(randomTable, { numRuns: 1, seed });
    if (table === undefined) throw new Error('no table');
    const comparison = { ours, theirs: forgetful, shownError: (name: string) => name };
    try {
      const Key = keyFor(table);
      const put = (a: JsonObject) => ({ operation: 'PutItem', input: { TableName: TABLE, Item: { ...Key, ...a } } });
      const get = { operation: 'GetItem', input: { TableName: TABLE, Key } };
      expect(await firstDifference(comparison, table, [put({}), get])).toBeUndefined();
      expect(await firstDifference(comparison, table, [put({ a: { S: 'x' } }), get])).toMatchObject({ call: get });
    } finally {
      await Promise.all([ours.close(), theirs.close()]);
    }
  });

  it('by dynalite', async () => {
    const foreign = await startDynalite();
    try {
      await expectAlike({ foreign, name: 'dynalite', seed, operations: 1_500, timeLimitMs: 15_000 });
    } finally {
      await foreign.close();
    }
  }, 60_000);

  it.skipIf(!motoIsHere())(
    'by moto, where they are transactions',
    async () => {
      const foreign = await startMoto();
      try {
        await expectAlike({ foreign, name: 'moto', seed, operations: 100, timeLimitMs: 15_000 });
      } finally {
        await foreign.close();
      }
    },
    90_000,
  );
});

async function expectAlike(options: Parameters<typeof runDifferential>[0]): Promise<void> {
  const { operations, failure } = await runDifferential(options);
  process.stderr.write(`${operations} calls of the embedded store and ${options.name}, seed ${options.seed}\n`);
  expect(failure).toBeUndefined();
  expect(operations).toBeGreaterThan(0);
}

/** A key of the table's types. */
function keyFor({ types, hasSort }: RandomTable): JsonObject {
  const of = (name: string): JsonObject => ({ [types[name] as string]: types[name] === 'N' ? '1' : 'AQ==' });
  return hasSort ? { p: of('p'), s: of('s') } : { p: of('p') };
}
