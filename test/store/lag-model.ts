/** A table with indexes, the states it has had, and what each kind of read shows of a state. */
import fc from 'fast-check';
import type { JsonObject } from '../../src/model/service-call.ts';
import { item } from './stores.ts';

/** Beside `p` and `s`: what the table's indexes need. */
export const KEYED = {
  AttributeDefinitions: [
    { AttributeName: 'g', AttributeType: 'S' },
    { AttributeName: 'n', AttributeType: 'N' },
  ],
  GlobalSecondaryIndexes: [
    indexOf('all', 'g', 'n', { ProjectionType: 'ALL' }),
    indexOf('some', 'g', 'n', { ProjectionType: 'INCLUDE', NonKeyAttributes: ['v'] }),
  ],
  LocalSecondaryIndexes: [indexOf('local', 'p', 'n', { ProjectionType: 'ALL' })],
};

export function indexOf(name: string, partition: string, sort: string, projection: JsonObject): JsonObject {
  return {
    IndexName: name,
    KeySchema: [
      { AttributeName: partition, KeyType: 'HASH' },
      { AttributeName: sort, KeyType: 'RANGE' },
    ],
    Projection: projection,
  };
}

export const TABLE = { TableName: 'things' };

export interface Thing {
  readonly p: string;
  readonly s: number;
  readonly v: number;
  /** Absent: in no global index. */
  readonly g?: string | undefined;
  readonly n?: number | undefined;
}

export function thing({ p, s, v, g, n }: Thing): JsonObject {
  return item(p, s, {
    v: { N: String(v) },
    ...(g !== undefined && { g: { S: g } }),
    ...(n !== undefined && { n: { N: String(n) } }),
  });
}

export type State = ReadonlyMap<string, Thing>;

/** Every state that the table has had, with the time from which it held. */
export class History {
  readonly states: { readonly sinceMs: number; readonly state: State }[] = [{ sinceMs: -Infinity, state: new Map() }];

  get newest(): State {
    return (this.states.at(-1) as (typeof this.states)[number]).state;
  }

  write(sinceMs: number, changes: readonly { readonly key: string; readonly next: Thing | undefined }[]): void {
    const state = new Map(this.newest);
    for (const { key, next } of changes) {
      if (next === undefined) state.delete(key);
      else state.set(key, next);
    }
    this.states.push({ sinceMs, state });
  }

  /** The states that held at some moment of the last `lagMs`. */
  within(nowMs: number, lagMs: number): State[] {
    const held: State[] = [];
    this.states.forEach(({ sinceMs, state }, place) => {
      const untilMs = this.states[place + 1]?.sinceMs ?? Infinity;
      if (untilMs > Math.max(sinceMs, nowMs - lagMs)) held.push(state);
    });
    return held;
  }
}

export interface Read {
  readonly operation: 'GetItem' | 'Query' | 'Scan';
  readonly input: JsonObject;
  readonly isGlobal?: boolean;
  /** What the read shows of a state, in a form that can be compared. */
  shows(state: State): string;
}

function pageOf(things: readonly Thing[]): string {
  return JSON.stringify(things.map(thing).map(sorted));
}

/** Attributes in one order, whatever order they were written in. */
function sorted(attributes: JsonObject): [string, unknown][] {
  return Object.entries(attributes).sort(([one], [other]) => (one < other ? -1 : 1));
}

/** `s` tells items with one index key apart here, and no two of a partition have one `s`. */
const ofIndex = (state: State, name: 'g' | 'p', value: string) =>
  [...state.values()]
    .filter((one) => one[name] === value && one.n !== undefined && (name === 'p' || one.g !== undefined))
    .sort((one, other) => (one.n as number) - (other.n as number) || one.s - other.s);

export const partitions = fc.constantFrom('a', 'b');
export const places = fc.integer({ min: 0, max: 3 });

export const reads: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ p: partitions, s: places }).map(({ p, s }): Read => ({
    operation: 'GetItem',
    input: { Key: item(p, s) },
    shows: (state) => pageOf([...state.values()].filter((one) => one.p === p && one.s === s)),
  })),
  fc
    .record({ p: partitions, limit: fc.integer({ min: 1, max: 5 }), forward: fc.boolean() })
    .map(({ p, limit, forward }): Read => ({
      operation: 'Query',
      input: {
        KeyConditionExpression: 'p = :k',
        ExpressionAttributeValues: { ':k': { S: p } },
        Limit: limit,
        ScanIndexForward: forward,
      },
      shows(state) {
        const found = [...state.values()].filter((one) => one.p === p).sort((one, other) => one.s - other.s);
        return pageOf((forward ? found : found.toReversed()).slice(0, limit));
      },
    })),
  fc.constant<Read>({
    operation: 'Scan',
    input: {},
    shows: (state) => JSON.stringify([...state.values()].map((one) => pageOf([one])).sort()),
  }),
  fc.record({ name: fc.constantFrom('all', 'some'), g: fc.constantFrom('x', 'y') }).map(({ name, g }): Read => ({
    operation: 'Query',
    input: { IndexName: name, KeyConditionExpression: 'g = :k', ExpressionAttributeValues: { ':k': { S: g } } },
    isGlobal: true,
    shows: (state) => pageOf(ofIndex(state, 'g', g)),
  })),
  partitions.map((p): Read => ({
    operation: 'Query',
    input: { IndexName: 'local', KeyConditionExpression: 'p = :k', ExpressionAttributeValues: { ':k': { S: p } } },
    shows: (state) => pageOf(ofIndex(state, 'p', p)),
  })),
);

/** The answer, in the form of `shows`. */
export function answerOf({ operation }: Read, output: JsonObject): string {
  if (operation === 'GetItem') return JSON.stringify(output['Item'] === undefined ? [] : [sorted(output['Item'])]);
  const items = output['Items'] as JsonObject[];
  if (operation === 'Query') return JSON.stringify(items.map(sorted));
  return JSON.stringify(items.map((found) => JSON.stringify([sorted(found)])).sort());
}
