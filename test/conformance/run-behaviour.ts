/** Runs one line of the conformance table against a store, on tables of its own. */
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as dynamodbStreams from '@aws-sdk/client-dynamodb-streams';
import { expect } from 'vitest';
import { untilActive } from '../support/until-active.ts';
import type { Answers, Behaviour, Call, ExpectedError } from './behaviour.ts';
import { ranged } from './layouts.ts';
import type { Target } from './targets.ts';

type CommandClass = new (input: object) => never;
type Output = Record<string, unknown>;

/** What a cache may answer; asked twice of a target with one. */
const CACHED_READS: ReadonlySet<string> = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan']);

/**
 * @param surplus members of an output that do not count unless they are expected.
 * @throws where the store behaves otherwise.
 */
export async function runBehaviour(
  target: Target,
  behaviour: Behaviour,
  surplus: readonly string[] = [],
): Promise<void> {
  await removeTables(target);
  const { tables = [ranged], items = [], before = [], call, after = [], anyOrder = false } = behaviour;
  for (const table of tables) await createTable(target, table);
  const TableName = tables[0]?.TableName;
  for (const Item of items) await target.direct.send(new dynamodb.PutItemCommand({ TableName, Item }));
  const answers: Output[] = [];
  for (const each of before) {
    answers.push(await send(target, each, answers));
    if (each[0] === 'UpdateTable') {
      await untilActive(target.client, (each[1] as dynamodb.UpdateTableCommandInput).TableName);
    }
  }

  const { output, throughCache, error } = behaviour;
  const check = (each: Call, expected: Outcome) => checkCall(target, each, answers, { ...expected, anyOrder, surplus });
  await check(call, { output, throughCache, error });
  for (const [later, told] of after) await check(later, { output: told });
}

/** All the calls of a behaviour. */
export function callsOf({ before = [], call, after = [] }: Behaviour): Call[] {
  return [...before, call, ...after.map(([later]) => later)];
}

interface Outcome {
  readonly output: unknown;
  readonly throughCache?: Behaviour['throughCache'] | undefined;
  readonly error?: ExpectedError | undefined;
}

interface Check extends Outcome {
  readonly anyOrder: boolean;
  readonly surplus: readonly string[];
}

async function checkCall(target: Target, call: Call, answers: Output[], expected: Check): Promise<void> {
  const times = target.hits !== undefined && CACHED_READS.has(call[0]) ? 2 : 1;
  for (let time = 0; time < times; time++) {
    let output: Output;
    try {
      output = await send(target, call, answers);
    } catch (error) {
      if (expected.error === undefined) throw error;
      checkError(error, expected.error);
      continue;
    }
    answers.push(output);
    expect(expected.error, `it succeeded with ${JSON.stringify(output)}`).toBeUndefined();
    const { anyOrder, surplus } = expected;
    const wanted = times === 1 ? expected.output : (expected.throughCache?.[time] ?? expected.output);
    const counted = Object.entries(output).filter(([name]) => !surplus.includes(name) || name in (wanted as object));
    expect(comparable(Object.fromEntries(counted), anyOrder)).toEqual(comparable(wanted, anyOrder));
  }
}

function checkError(error: unknown, { name, message, members = {} }: ExpectedError): void {
  const actual = error as Error & Output;
  const told = `${actual.name}: ${actual.message}`;
  if (typeof message === 'string') expect(told).toBe(`${name}: ${message}`);
  else expect(told).toMatch(new RegExp(`^${name}: ${message.source}$`, message.flags));
  const shown = Object.fromEntries(Object.keys(members).map((member) => [member, actual[member]]));
  expect(comparable(shown, false)).toEqual(comparable(members, false));
  // Exceptions of the model have classes of their own; a program tells them by `instanceof`.
  const classes: Record<string, unknown> = { ...dynamodbStreams, ...dynamodb };
  const itsClass = classes[name] ?? dynamodb.DynamoDBServiceException;
  if (!(error instanceof dynamodbStreams.DynamoDBStreamsServiceException)) {
    expect(error).toBeInstanceOf(itsClass as CommandClass);
  }
}

export async function send(target: Target, [operation, input]: Call, answers: Answers): Promise<Output> {
  const ofTables = (dynamodb as unknown as Record<string, CommandClass>)[`${operation}Command`];
  const ofStreams = (dynamodbStreams as unknown as Record<string, CommandClass>)[`${operation}Command`];
  const command = ofTables ?? ofStreams;
  if (command === undefined) throw new Error(`the SDK knows no ${operation}`);
  const client = ofTables === undefined ? target.streams : target.client;
  const parameters = typeof input === 'function' ? (input as (answers: Answers) => object)(answers) : input;
  const answer: object = await (client as dynamodb.DynamoDBClient).send<never, never>(new command(parameters));
  const { $metadata, ...output } = answer as Output & { readonly $metadata: object };
  if (ofTables !== undefined) target.hits?.count($metadata);
  return output;
}

async function createTable(target: Target, table: dynamodb.CreateTableCommandInput): Promise<void> {
  await target.client.send(new dynamodb.CreateTableCommand(table));
  await untilActive(target.client, table.TableName);
}

/** All of them, so that no behaviour sees what another left. */
export async function removeTables(target: Target): Promise<void> {
  for (;;) {
    const { TableNames = [] } = await target.client.send(new dynamodb.ListTablesCommand({}));
    if (TableNames.length === 0) return;
    for (const TableName of TableNames) {
      await target.client.send(new dynamodb.DeleteTableCommand({ TableName })).catch((error: unknown) => {
        // One that is going already.
        const name = (error as Error).name;
        if (name !== 'ResourceNotFoundException' && name !== 'ResourceInUseException') throw error;
      });
    }
  }
}

/** Sets have no order, and lists of items none where DynamoDB promises none. */
export function comparable(value: unknown, anyOrder: boolean): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) {
    const members = value.map((member: unknown) => comparable(member, anyOrder));
    return anyOrder ? sorted(members) : members;
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => {
      const isSet = (name === 'SS' || name === 'NS' || name === 'BS') && Array.isArray(member);
      return [name, isSet ? sorted(member.map((each) => comparable(each, false))) : comparable(member, anyOrder)];
    }),
  );
}

function sorted(members: readonly unknown[]): unknown[] {
  const keyed = members.map((member) => ({ member, text: JSON.stringify(member) }));
  keyed.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return keyed.map(({ member }) => member);
}
