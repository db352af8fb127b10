/**
 * What a near cache and the Slipstream node behind it say to each other, as texts of one WebSocket.
 *
 * The near cache asks, and asks after the node's state in a steady beat; the node pushes each mutation in the turn in which
 * it takes effect there. `sequence` counts all pushes of a connection, those that were dropped because the reader was slow
 * included, and each answer to a ping says how far the count is: whatever is missing shows (I9). A connection is one epoch:
 * the next one begins with nothing.
 */
import { SlipstreamError } from '../base/errors.ts';
import type { Item } from '../model/attribute-value.ts';

/** The WebSocket subprotocol. Its number is raised by every change that an older reader would misunderstand. */
export const FEED_PROTOCOL = 'slipstream.feed.1';
export const FEED_PATH = '/slipstream/feed';
/** Names, on a call of a near cache, the node that it follows: no other may answer. */
export const NODE_HEADER = 'x-slipstream-node';

/** A mutation of one item; an image that is not there is absent or not known, which `kind` tells apart. */
export interface PushedMutation {
  readonly type: 'mutation';
  readonly table: string;
  readonly kind: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly key: Item;
  readonly old?: Item | undefined;
  readonly new?: Item | undefined;
}

/** All that was cached of the table is unreachable. */
export interface PushedReset {
  readonly type: 'reset';
  readonly table: string;
  /** The table is another one now, or has other indexes. */
  readonly changed: boolean;
}

export type Push = PushedMutation | PushedReset;

/** By how many milliseconds the node may trail the store, by table; null where it serves nothing of it now. */
export type Staleness = number | null;

export type FromNode =
  | (Push & { readonly sequence: number })
  /** The first message of a connection. `node` is another one after a restart. */
  | { readonly type: 'hello'; readonly node: string }
  /** Every mutation from here on is pushed; `staleness` is undefined when the table cannot be described now. */
  | {
      readonly type: 'watching';
      readonly table: string;
      readonly watch: number;
      readonly staleness?: Staleness | undefined;
    }
  | {
      readonly type: 'pong';
      readonly ping: number;
      readonly sequence: number;
      readonly staleness: Readonly<Record<string, Staleness>>;
    }
  /** What the node had cached of those tables is gone. */
  | { readonly type: 'noted'; readonly note: number };

export type ToNode =
  /** A table that is watched already is watched anew: `watch` tells the answers apart. */
  | { readonly type: 'watch'; readonly table: string; readonly watch: number }
  | { readonly type: 'unwatch'; readonly table: string }
  | { readonly type: 'ping'; readonly ping: number }
  /** Tables that the sender has written to past the node, of which it must not be shown the state before. */
  | { readonly type: 'wrote'; readonly note: number; readonly tables: readonly string[] };

type Check = (value: unknown) => boolean;

const isString: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value);
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isStaleness: Check = (value) => value === null || (typeof value === 'number' && value >= 0);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const fromNode: Readonly<Record<FromNode['type'], Readonly<Record<string, Check>>>> = {
  hello: { node: isString },
  watching: { table: isString, watch: isCount, staleness: optional(isStaleness) },
  mutation: {
    sequence: isCount,
    table: isString,
    kind: (value) => value === 'INSERT' || value === 'MODIFY' || value === 'REMOVE',
    key: isObject,
    old: optional(isObject),
    new: optional(isObject),
  },
  reset: { sequence: isCount, table: isString, changed: (value) => typeof value === 'boolean' },
  pong: {
    ping: isCount,
    sequence: isCount,
    staleness: (value) => isObject(value) && Object.values(value as object).every(isStaleness),
  },
  noted: { note: isCount },
};

const toNode: Readonly<Record<ToNode['type'], Readonly<Record<string, Check>>>> = {
  watch: { table: isString, watch: isCount },
  unwatch: { table: isString },
  ping: { ping: isCount },
  wrote: { note: isCount, tables: (value) => Array.isArray(value) && value.every(isString) },
};

/** @throws {SlipstreamError} SLIPSTREAM_CONNECTION_LOST: what does not keep to the protocol ends the connection. */
export function parseFromNode(text: string): FromNode {
  return parse(text, fromNode) as FromNode;
}

/** @throws {SlipstreamError} as `parseFromNode`. */
export function parseToNode(text: string): ToNode {
  return parse(text, toNode) as ToNode;
}

function parse(text: string, messages: Readonly<Record<string, Readonly<Record<string, Check>>>>): unknown {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw malformed('it is not JSON', cause);
  }
  if (!isObject(message)) throw malformed('it is not an object');
  const members = message as Readonly<Record<string, unknown>>;
  const type = members['type'];
  const checks = typeof type === 'string' && Object.hasOwn(messages, type) ? messages[type] : undefined;
  if (checks === undefined) throw malformed('its type is not known');
  for (const [name, isGood] of Object.entries(checks)) {
    if (!isGood(members[name])) throw malformed(`its ${name} is not what a ${type as string} has`);
  }
  return message;
}

function malformed(why: string, cause?: unknown): SlipstreamError {
  return new SlipstreamError('SLIPSTREAM_CONNECTION_LOST', `a message of the feed cannot be read: ${why}`, { cause });
}
