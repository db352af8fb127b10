/** However a SELECT is read, by keys or whole, and in pages of any size, it finds what its WHERE is true of. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateCondition } from '../../src/expression/condition.ts';
import { parseStatement } from '../../src/expression/partiql-parser.ts';
import type { SelectStatement } from '../../src/expression/partiql-syntax.ts';
import type { Item } from '../../src/model/attribute-value.ts';
import type { JsonObject } from '../../src/model/service-call.ts';
import { openStore, type EmbeddedStore } from '../../src/store/embedded-store.ts';
import { createThings, putThings } from './statements.ts';
import { item, send } from './stores.ts';

/** What a WHERE may be refused for that is no fault of ours. */
const REFUSALS = [
  'Overlapping conditions with range keys are not supported in where clause',
  'Too many decomposed read operations for a given query.',
];

const THINGS: readonly JsonObject[] = ['a', 'b', 'c'].flatMap((p) =>
  [1, 2, 3, 4].map((s) => ({
    ...item(p, s),
    // Everything but c3 stands in the indexes.
    ...(!(p === 'c' && s === 3) && { owner: { S: s % 2 === 0 ? 'ann' : 'bob' }, rank: { N: String(5 - s) } }),
    ...(s > 1 && { colour: { S: 'red' } }),
  })),
);

let store: EmbeddedStore;

beforeAll(async () => {
  store = await openStore({ inMemory: true });
  await createThings(store);
  await putThings(store, THINGS);
});
afterAll(() => store.close());

const text = (name: string, values: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...values).map((value) => `${name} = '${value}'`),
    fc.constantFrom(...values).map((value) => `'${value}' = ${name}`),
    fc
      .uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 })
      .map((list) => `${name} IN ['${list.join("','")}']`),
  );
const number = (name: string) =>
  fc.oneof(
    fc
      .tuple(fc.constantFrom('=', '<', '<=', '>', '>=', '<>'), fc.integer({ min: 0, max: 5 }))
      .map(([operator, n]) => `${name} ${operator} ${n}`),
    fc
      .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }))
      .map(([n, more]) => `${name} BETWEEN ${n} AND ${n + more}`),
    fc
      .uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 3 })
      .map((list) => `${name} IN [${list.join()}]`),
  );

const condition = fc.letrec<{ condition: string; atom: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('atom'),
    tie('condition').map((inner) => `NOT (${inner})`),
    fc
      .tuple(tie('condition'), fc.constantFrom('AND', 'AND', 'OR'), tie('condition'))
      .map(([a, word, b]) => `(${a} ${word} ${b})`),
  ),
  atom: fc.oneof(
    text('p', ['a', 'b', 'c', 'd']),
    number('s'),
    text('owner', ['ann', 'bob']),
    number('rank'),
    fc.constant(`colour IS MISSING`),
  ),
})).condition;

const where = fc.oneof(
  condition,
  // Most conditions at random fix no partition.
  fc.tuple(text('p', ['a', 'b', 'c']), condition).map(([fixed, more]) => `${fixed} AND ${more}`),
  fc.tuple(text('owner', ['ann', 'bob']), condition).map(([fixed, more]) => `${fixed} AND ${more}`),
);
const source = fc.constantFrom('"things"', '"things"."by-owner"', '"things"."by-rank"');

async function found(statement: string, limit: number | undefined): Promise<JsonObject[] | string> {
  const items: JsonObject[] = [];
  let token: string | undefined;
  do {
    const reply = await send(store, 'ExecuteStatement', {
      Statement: statement,
      ...(limit !== undefined && { Limit: limit }),
      ...(token !== undefined && { NextToken: token }),
    });
    if (!reply.ok) return String(reply.output['message']);
    const page = reply.output['Items'] as JsonObject[];
    if (limit !== undefined) expect(page.length).toBeLessThanOrEqual(limit);
    items.push(...page);
    token = reply.output['NextToken'] as string | undefined;
  } while (token !== undefined);
  return items;
}

function places(items: readonly JsonObject[]): string[] {
  return items.map(({ p, s }) => `${p.S}${s.N}`).toSorted();
}

/** What an index shows of an item; undefined where it has no entry. */
function shownBy(from: string, thing: JsonObject): JsonObject | undefined {
  if (from === '"things"') return thing;
  if (thing['rank'] === undefined) return undefined;
  const { p, s, owner, rank, colour } = thing;
  if (from.endsWith('"by-rank"')) return { p, s, rank };
  return { p, s, owner, rank, ...(colour !== undefined && { colour }) };
}

test('a SELECT finds what its WHERE is true of', async () => {
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      source,
      where,
      fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
      async (from, text, limit) => {
        const statement = `SELECT p, s FROM ${from} WHERE ${text}`;
        const items = await found(statement, limit);
        if (typeof items === 'string') {
          if (!items.includes('does not project one or more filter attributes')) expect(REFUSALS).toContain(items);
          return;
        }
        answered++;
        const { where: parsed } = parseStatement(statement) as SelectStatement;
        const expected = THINGS.filter((thing) => {
          const view = shownBy(from, thing);
          return view !== undefined && (parsed === undefined || evaluateCondition(parsed, view as Item));
        });
        expect([statement, places(items)]).toEqual([statement, places(expected)]);
      },
    ),
    { numRuns: 1_500 },
  );
  expect(answered).toBeGreaterThan(500);
});
