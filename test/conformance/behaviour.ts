/** What a line of the conformance table says: what is there, what is called, and what DynamoDB answers to it. */
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { expect } from 'vitest';
import { itemOf, type Plain, type SdkItem } from '../support/attribute-values.ts';

/** The outputs of the calls before, in order. */
export type Answers = readonly Record<string, unknown>[];

/** An operation's name and its input, which may depend on what the calls before answered. */
export type Call = readonly [operation: string, input: object | ((answers: Answers) => object)];

export interface ExpectedError {
  readonly name: string;
  readonly message: string | RegExp;
  /** What else the exception carries. */
  readonly members?: Readonly<Record<string, unknown>>;
}

export interface Behaviour {
  /** A sentence, unlike any other of the table. */
  readonly name: string;
  /** The page of AWS's documentation that decides who is right. */
  readonly page: string;
  /** Tables that exist; `Things` with `p` and `s` unless told otherwise. */
  readonly tables?: readonly CreateTableCommandInput[];
  /** What the first table holds. */
  readonly items?: readonly SdkItem[];
  /** Calls that have to succeed first. */
  readonly before?: readonly Call[];
  readonly call: Call;
  /** The whole output of the call, without `$metadata`. */
  readonly output?: unknown;
  /** What an accelerator answers the first and the second time, where that is something else: a hit costs nothing. */
  readonly throughCache?: readonly [miss: unknown, hit: unknown];
  readonly error?: ExpectedError;
  /** Further calls with their outputs, to see what the call left behind. */
  readonly after?: readonly (readonly [call: Call, output: unknown])[];
  /** DynamoDB promises no order of the answer's lists. */
  readonly anyOrder?: boolean;
}

export const TableName = 'Things';

const API = 'https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/';
const GUIDE = 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/';

/** The page of an operation, or of a data type. */
export const api = (name: string): string => `${API}API_${name}.html`;
/** A page of the developer guide. */
export const guide = (name: string): string => `${GUIDE}${name}.html`;

export const LIMITS = guide('Constraints');
export const RESERVED = guide('ReservedWords');

export function invalid(message: string | RegExp): ExpectedError {
  return { name: 'ValidationException', message };
}

/** A refused condition, with the item where the caller asked to see it. */
export function conditionFailed(item?: SdkItem): ExpectedError {
  return {
    name: 'ConditionalCheckFailedException',
    message: 'The conditional request failed',
    members: { Item: item },
  };
}

export const notFound: ExpectedError = {
  name: 'ResourceNotFoundException',
  message: 'Requested resource not found',
};

/** The complaint of the first check of a request, of which there may be several. */
export function constraint(value: string, at: string, text: string): string {
  return `Value ${value} at '${at}' failed to satisfy constraint: ${text}`;
}

export function detected(...complaints: readonly string[]): ExpectedError {
  const count = `${complaints.length} validation error${complaints.length > 1 ? 's' : ''}`;
  return invalid(`${count} detected: ${complaints.join('; ')}`);
}

export const key = (p: Plain, s: Plain = 1): SdkItem => itemOf({ p, s });
export const thing = (p: string, s: number, rest: { readonly [name: string]: Plain } = {}): SdkItem =>
  itemOf({ p, s, ...rest });

/** Values of an expression. */
export const values = (plain: { readonly [name: string]: Plain }): SdkItem => itemOf(plain);

export const get = (p: string, s = 1, rest: object = {}): Call => ['GetItem', { TableName, Key: key(p, s), ...rest }];
export const put = (Item: SdkItem, rest: object = {}): Call => ['PutItem', { TableName, Item, ...rest }];
export const update = (UpdateExpression: string, rest: object = {}): Call => [
  'UpdateItem',
  { TableName, Key: key('a'), UpdateExpression, ...rest },
];
export const remove = (p: string, s = 1, rest: object = {}): Call => [
  'DeleteItem',
  { TableName, Key: key(p, s), ...rest },
];
export const query = (rest: object): Call => ['Query', { TableName, ...rest }];
export const scan = (rest: object = {}): Call => ['Scan', { TableName, ...rest }];

/** A page of Query or Scan. */
export function pageOf(items: readonly SdkItem[], rest: object = {}): object {
  return { Items: items, Count: items.length, ScannedCount: items.length, ...rest };
}

/** An output of which only a part matters, or can be known. */
export const including = (part: object): unknown => expect.objectContaining(part) as unknown;
