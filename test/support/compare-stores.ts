/** Asks two stores the same and tells how their answers differ. */
import type { BackingStore } from '../../src/backing/backing-store.ts';
import { normaliseNumber } from '../../src/model/decimal.ts';
import { ServiceRequest, type JsonObject } from '../../src/model/service-call.ts';
import type { RandomCall, RandomTable } from './random-calls.ts';
import { untilActive } from './until-active.ts';

export interface Comparison {
  readonly ours: BackingStore;
  readonly theirs: BackingStore;
  /** How an error is compared: what the foreign store is not exact about is left out. */
  readonly shownError: (name: string, message: string, call: RandomCall) => string;
  /** True for a call whose answers are known not to be comparable. */
  readonly ignores?: (call: RandomCall, answers: { readonly ours: Answer; readonly theirs: Answer }) => boolean;
}

export type Answer = { readonly output: JsonObject } | { readonly error: string };

/** The first call that the two answer differently, with both answers; undefined where there is none. */
export interface Difference {
  readonly call: RandomCall;
  readonly ours: Answer;
  readonly theirs: Answer;
}

/** Makes the table in both, makes the calls, removes the table. */
export async function firstDifference(
  comparison: Comparison,
  table: RandomTable,
  calls: readonly RandomCall[],
): Promise<Difference | undefined> {
  const both = [comparison.ours, comparison.theirs];
  await Promise.all(both.map((store) => createTable(store, table.definition)));
  try {
    for (const call of calls) {
      const [ours, theirs] = await Promise.all([
        answerOf(comparison, comparison.ours, call),
        answerOf(comparison, comparison.theirs, call),
      ]);
      if (JSON.stringify(ours) === JSON.stringify(theirs)) continue;
      if (comparison.ignores?.(call, { ours, theirs }) !== true) return { call, ours, theirs };
    }
    return undefined;
  } finally {
    await Promise.all(both.map((store) => deleteTable(store, table.definition)));
  }
}

async function answerOf(comparison: Comparison, store: BackingStore, call: RandomCall): Promise<Answer> {
  const isPaged = call.operation === 'Scan' || (call.operation === 'Query' && call.input['IndexName'] !== undefined);
  const outputs: JsonObject[] = [];
  let start: unknown;
  do {
    const input = start === undefined ? call.input : { ...call.input, ExclusiveStartKey: start };
    const reply = await store.send(ServiceRequest.fromInput(call.operation, input));
    if (!reply.ok) {
      const message = String(reply.output['message'] ?? reply.output['Message'] ?? '');
      const error = comparison.shownError(reply.errorName ?? '', message, call);
      return { error: `${error}${codesOf(reply.output)}` };
    }
    outputs.push(reply.output);
    start = isPaged ? reply.output['LastEvaluatedKey'] : undefined;
  } while (start !== undefined);
  return { output: canonical(isPaged ? joined(outputs) : (outputs[0] as JsonObject), call.operation) };
}

/** Of a cancelled transaction: why each action was. */
function codesOf({ CancellationReasons: reasons }: JsonObject): string {
  return reasons === undefined ? '' : ` [${(reasons as JsonObject[]).map(({ Code }) => String(Code)).join(', ')}]`;
}

/** Equal keys of an index, and the partitions of a scan, have no order: all pages count together. */
function joined(pages: readonly JsonObject[]): JsonObject {
  const items = pages.flatMap((page) => (page['Items'] ?? []) as JsonObject[]);
  const sum = (name: string) => pages.reduce((total, page) => total + (page[name] as number), 0);
  return { Items: sortedBy(items, stable), Count: sum('Count'), ScannedCount: sum('ScannedCount') };
}

/** Sets have no order, nor the answers of a batch; an empty `Attributes` is none. */
function canonical(output: JsonObject, operation: string): JsonObject {
  const { Attributes: attributes, ConsumedCapacity: _c, ItemCollectionMetrics: _m, ...rest } = output;
  const isEmpty = attributes === undefined || Object.keys(attributes as object).length === 0;
  const shown = ordered(isEmpty ? rest : { ...rest, Attributes: attributes }) as JsonObject;
  if (operation !== 'BatchGetItem') return shown;
  const responses = Object.entries((shown['Responses'] ?? {}) as Record<string, JsonObject[]>);
  return { ...shown, Responses: Object.fromEntries(responses.map(([name, items]) => [name, sortedBy(items, stable)])) };
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const { N: number } = value as { readonly N?: unknown };
  // moto keeps a number's spelling.
  if (typeof number === 'string') return { N: normaliseNumber(number) };
  return Object.fromEntries(
    sortedBy(Object.entries(value), ([name]) => name).map(([name, member]: [string, unknown]) => {
      const isSet = (name === 'SS' || name === 'NS' || name === 'BS') && Array.isArray(member);
      return [name, isSet ? sortedBy(member as string[], String) : ordered(member)];
    }),
  );
}

const stable = (value: unknown) => JSON.stringify(ordered(value));

function sortedBy<Member>(members: readonly Member[], keyOf: (member: Member) => string): Member[] {
  const keyed = members.map((member) => ({ member, key: keyOf(member) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ member }) => member);
}

async function createTable(store: BackingStore, definition: JsonObject): Promise<void> {
  const created = await store.send(ServiceRequest.fromInput('CreateTable', definition));
  if (!created.ok) throw new Error(created.body.toString());
  await untilActive(store, definition['TableName'] as string);
}

async function deleteTable(store: BackingStore, definition: JsonObject): Promise<void> {
  await store.send(ServiceRequest.fromInput('DeleteTable', { TableName: definition['TableName'] }));
  while ((await describe(store, definition)) !== undefined);
}

async function describe(store: BackingStore, { TableName }: JsonObject): Promise<JsonObject | undefined> {
  const reply = await store.send(ServiceRequest.fromInput('DescribeTable', { TableName }));
  return reply.ok ? (reply.output['Table'] as JsonObject) : undefined;
}
