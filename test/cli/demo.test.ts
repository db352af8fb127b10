/** The demo table: loaded once into a new directory, begun again after a crash, never against the user's will. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { DEMO_TABLE, DemoMark, loadDemo } from '../../src/cli/demo.ts';
import { findMovies, readMovies } from '../../src/cli/movies.ts';
import { ServiceRequest } from '../../src/model/service-call.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore } from '../../src/store/embedded-store.ts';
import type { EmbeddedStore } from '../../src/store/embedded-store.ts';
import { TempFolder } from './cli-process.ts';

const films = readMovies(findMovies() as string);

async function ask(store: EmbeddedStore, operation: string, input: JsonObject): Promise<JsonObject> {
  const reply = await store.send(ServiceRequest.fromInput(operation, input));
  expect([operation, reply.status, reply.ok ? '' : reply.body.toString()]).toEqual([operation, 200, '']);
  return reply.output;
}

/** Stderr without a terminal. */
function notATerminal(): { readonly out: NodeJS.WriteStream; readonly text: () => string } {
  const stream = new PassThrough();
  return { out: stream as unknown as NodeJS.WriteStream, text: () => String(stream.read() ?? '') };
}

test('the films are some three thousand, each with a year and a title of its own', () => {
  expect(films.length).toBeGreaterThan(3_000);
  expect(new Set(films.map(({ year, title }) => JSON.stringify([year, title]))).size).toBe(films.length);
  const years = films.map(({ year }) => Number((year as { readonly N: string }).N));
  expect([Math.min(...years), Math.max(...years)]).toEqual([1915, 2011]);
  const pulp = films.find(({ title }) => (title as { readonly S: string }).S === 'Pulp Fiction');
  expect(pulp).toMatchObject({ year: { N: '1994' }, director: { S: 'Quentin Tarantino' } });
});

test('all of them are loaded, found by key and by genre, and a repeat changes nothing', async () => {
  const store = await openStore({ inMemory: true });
  try {
    for (let i = 0; i < 2; i++) {
      const { out, text } = notATerminal();
      await loadDemo(store, films, out);
      expect(text()).toBe(`Loaded the demo table Movies: ${films.length} films\n`);
    }
    let found = 0;
    let after: JsonObject | undefined;
    do {
      const page = await ask(store, 'Scan', {
        TableName: DEMO_TABLE,
        Select: 'COUNT',
        ...(after !== undefined && { ExclusiveStartKey: after }),
      });
      found += page['Count'] as number;
      after = page['LastEvaluatedKey'] as JsonObject | undefined;
    } while (after !== undefined);
    expect(found).toBe(films.length);
    const best = await ask(store, 'Query', {
      TableName: DEMO_TABLE,
      IndexName: 'genre-index',
      KeyConditionExpression: 'genre = :g',
      ExpressionAttributeValues: { ':g': { S: 'Western' } },
      ScanIndexForward: false,
      Limit: 3,
    });
    const ratings = (best['Items'] as { readonly rating: { readonly N: string } }[]).map(({ rating }) =>
      Number(rating.N),
    );
    expect(ratings).toHaveLength(3);
    expect(ratings).toEqual(ratings.toSorted((a, b) => b - a));
  } finally {
    await store.feed.close();
    await store.close();
  }
});

test('it is loaded into a new directory, again after a load that was cut off, and never after one that was finished', () => {
  using folder = new TempFolder();
  const dataDir = join(folder.path, 'new');
  expect(new DemoMark(dataDir).begin(undefined)).toBe(true);
  // The process ends here, and the next one finds the store's own file beside the mark.
  writeFileSync(join(dataDir, 'store.lmdb'), '');
  const next = new DemoMark(dataDir);
  expect(next.begin(undefined)).toBe(true);
  next.finish();
  expect(new DemoMark(dataDir).begin(undefined)).toBe(false);
  expect(new DemoMark(dataDir).begin(true)).toBe(false);
});

test('it is not loaded into a directory that was in use, or into memory, unless it is asked for', () => {
  using folder = new TempFolder();
  mkdirSync(join(folder.path, 'used'));
  writeFileSync(join(folder.path, 'used', 'store.lmdb'), '');
  for (const dataDir of [join(folder.path, 'used'), undefined]) {
    expect(new DemoMark(dataDir).begin(undefined)).toBe(false);
    expect(new DemoMark(dataDir).begin(false)).toBe(false);
    expect(new DemoMark(dataDir).begin(true)).toBe(true);
  }
  expect(new DemoMark(join(folder.path, 'new')).begin(false)).toBe(false);
});
