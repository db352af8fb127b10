/**
 * How everything lies in one LMDB key space. The first byte tells what a row is:
 *
 *     01 catalogue   · name                                            → JSON
 *     02 item        · space(4) · partition hash(16) · sort            → item row
 *     03 index entry · space(4) · partition hash(16) · sort' · 00 01 · base hash(16) · base sort → projected item or nothing
 *     04 change      · stream(4) · shard(4) · sequence number(8)       → change row
 *     05 token       · ten-minute period(4) · token hash(16)           → until when, and of which parameters
 *     06 expiry      · space(4) · seconds(8) · base hash(16) · base sort → nothing
 *
 * A table and each of its indexes has a space number of its own, never used again. The partition key goes in as a hash
 * because DynamoDB's keys (2,048 + 1,024 bytes) are longer than LMDB's: so rows of one partition lie together in the order
 * of the sort key, and partitions lie in hash order, which is the order that Scan shows in DynamoDB too. Nothing needs
 * escaping in an item's key, for the hash has a fixed width and the sort key comes last; in an index entry the sort key
 * (sort') has 00 written as 00 FF, so that the base key behind it does not disturb the order.
 *
 * The hash is 128 bits of SHA-256: two partition keys with one hash would take 2^64 tries by the best known attack.
 */
import { hash } from 'node:crypto';
import { byteStringOfText, successorOfPrefix, type ByteString } from '../base/bytes.ts';
import { assert } from '../base/errors.ts';
import type { KeyPosition } from '../model/key.ts';

/** LMDB's limit with pages of 8,192 bytes. A longer key must never reach it: `put` would throw and a later close crash. */
export const KEY_BYTES_MAX = 4026;

const HASH_BYTES = 16;
const SPACE_BYTES = 5;

export interface KeyRange {
  /** First key that belongs. */
  readonly start: ByteString;
  /** First key behind the range. */
  readonly end: ByteString;
}

export function partitionHash(partition: ByteString): ByteString {
  return hash('sha256', Buffer.from(partition, 'latin1'), 'binary').slice(0, HASH_BYTES);
}

export function uint32Text(value: number): ByteString {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function uint64Text(value: number): ByteString {
  return uint32Text(Math.floor(value / 2 ** 32)) + uint32Text(value % 2 ** 32);
}

export function catalogKey(name: string): ByteString {
  return `\x01${name}`;
}

/** What all rows of a table begin with. */
export function itemSpace(space: number): ByteString {
  return `\x02${uint32Text(space)}`;
}

/** What all rows of an index begin with. */
export function indexSpace(space: number): ByteString {
  return `\x03${uint32Text(space)}`;
}

export function itemKey(space: ByteString, position: KeyPosition): ByteString {
  return space + partitionHash(position.partition) + position.sort;
}

/** True for rows of tables and indexes, which reads of the API show. */
export function isReadable(key: ByteString): boolean {
  return key.startsWith('\x02') || key.startsWith('\x03');
}

/** The part of a row's key behind its space: where it stands among the table's rows. */
export function placeOf(key: ByteString): ByteString {
  return key.slice(SPACE_BYTES);
}

/** The first bytes of the partition hash as a number, by which segments and shards split the key space. */
export function hashNumberOf(key: ByteString): number {
  return (
    key.charCodeAt(SPACE_BYTES) * 2 ** 24 +
    (key.charCodeAt(SPACE_BYTES + 1) << 16) +
    (key.charCodeAt(SPACE_BYTES + 2) << 8) +
    key.charCodeAt(SPACE_BYTES + 3)
  );
}

export function indexSort(sort: ByteString): ByteString {
  return sort.includes('\x00') ? sort.replaceAll('\x00', '\x00\xff') : sort;
}

/** @param basePlace `placeOf` the item's own key. */
export function indexEntryKey(space: ByteString, position: KeyPosition, basePlace: ByteString): ByteString {
  return `${space}${partitionHash(position.partition)}${indexSort(position.sort)}\x00\x01${basePlace}`;
}

/** The base item's place, read off an index entry's key. */
export function basePlaceOf(entryKey: ByteString): ByteString {
  let from = SPACE_BYTES + HASH_BYTES;
  for (;;) {
    const zero = entryKey.indexOf('\x00', from);
    assert(zero >= 0, 'an index entry has an end of its sort key');
    if (entryKey.charCodeAt(zero + 1) === 1) return entryKey.slice(zero + 2);
    from = zero + 2;
  }
}

/** One catalogue row for every stream, and one for every shard, in the order in which they were opened. */
export const STREAM_PREFIX = catalogKey('stream/');

export function streamKey(stream: number): ByteString {
  return `${STREAM_PREFIX}${stream}`;
}

export function shardPrefix(stream: number): ByteString {
  return catalogKey('shard/') + uint32Text(stream);
}

export function shardKey(stream: number, shard: number): ByteString {
  return shardPrefix(stream) + uint32Text(shard);
}

function changeSpace(stream: number): ByteString {
  return `\x04${uint32Text(stream)}`;
}

export function changeKey(stream: number, shard: number, sequence: number): ByteString {
  return changeSpace(stream) + uint32Text(shard) + uint64Text(sequence);
}

const TOKEN_PREFIX = '\x05';

/** What all tokens of one period begin with. */
export function tokenPeriod(period: number): ByteString {
  return TOKEN_PREFIX + uint32Text(period);
}

/** @param token the client's text, of any length. */
export function tokenKey(period: number, token: string): ByteString {
  return tokenPeriod(period) + partitionHash(byteStringOfText(token));
}

/** What all rows begin with that say when the items of a table expire. */
export function expirySpace(space: number): ByteString {
  return `\x06${uint32Text(space)}`;
}

/** @param place `placeOf` the item's key; '' for the first key of that second. */
export function expiryKey(space: number, seconds: number, place: ByteString): ByteString {
  return expirySpace(space) + uint64Text(seconds) + place;
}

const EXPIRY_PLACE_AT = SPACE_BYTES + 8;

/** The item's place, read off an expiry row's key. */
export function expiringPlaceOf(key: ByteString): ByteString {
  return key.slice(EXPIRY_PLACE_AT);
}

/** The changes of a shard from `sequence` on. */
export function changeRange(stream: number, shard: number, sequence: number): KeyRange {
  return {
    start: changeKey(stream, shard, sequence),
    end: rangeOfPrefix(changeSpace(stream) + uint32Text(shard)).end,
  };
}

/** The sequence number in the key of a change. */
export function sequenceOfChange(key: ByteString): number {
  let sequence = 0;
  for (let i = key.length - 8; i < key.length; i++) sequence = sequence * 256 + key.charCodeAt(i);
  return sequence;
}

/** Every key that begins with `prefix`. */
export function rangeOfPrefix(prefix: ByteString): KeyRange {
  const end = successorOfPrefix(prefix);
  assert(end !== undefined, 'a prefix of our keys has a successor');
  return { start: prefix, end };
}

/** The smallest key greater than `key`. */
export function keyAfter(key: ByteString): ByteString {
  return `${key}\x00`;
}
