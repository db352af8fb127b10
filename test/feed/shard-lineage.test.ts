import { describe, expect, test } from 'vitest';
import { ShardLineage, type ShardDescription } from '../../src/feed/shard-lineage.ts';

const options = { siblingWaitMs: 10, relativeWaitMs: 100, forgetMs: 1_000 };

function shard(shardId: string, parentShardId?: string, closed = false): ShardDescription {
  return { shardId, parentShardId, closed };
}

/** Which shards start, and where: `a:LATEST`. */
function observe(lineage: ShardLineage, listing: ShardDescription[], askedMs: number): string[] {
  return lineage.observe(listing, askedMs, askedMs).map(({ shardId, position }) => `${shardId}:${position}`);
}

function end(lineage: ShardLineage, shardId: string, nowMs: number): string[] {
  return lineage.end(shardId, nowMs).map(({ shardId: id, position }) => `${id}:${position}`);
}

describe('the first listing', () => {
  test('starts open shards at their end and leaves closed ones alone', () => {
    const lineage = new ShardLineage(options);
    expect(observe(lineage, [shard('a', undefined, true), shard('b', 'a'), shard('c')], 0)).toEqual([
      'b:LATEST',
      'c:LATEST',
    ]);
  });

  test('takes a shard that has children for closed, whatever it says', () => {
    const lineage = new ShardLineage(options);
    expect(observe(lineage, [shard('b', 'a'), shard('a')], 0)).toEqual(['b:LATEST']);
  });

  test('of nothing is not fresh and not complete', () => {
    const lineage = new ShardLineage(options);
    expect(observe(lineage, [], 0)).toEqual([]);
    expect(lineage.asOfMs).toBe(-Infinity);
    expect(lineage.incomplete).toBe(true);
    expect(observe(lineage, [shard('a')], 5)).toEqual(['a:TRIM_HORIZON']);
    expect(lineage.incomplete).toBe(false);
  });
});

describe('children', () => {
  test('wait until their parent has been read to its end, grandchildren for them', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a')], 0);
    expect(observe(lineage, [shard('a', undefined, true), shard('b', 'a', true), shard('c', 'b')], 1)).toEqual([]);
    expect(end(lineage, 'a', 2)).toEqual(['b:TRIM_HORIZON']);
    expect(end(lineage, 'b', 3)).toEqual(['c:TRIM_HORIZON']);
    expect(end(lineage, 'b', 4)).toEqual([]);
  });

  test('that are found after the end of their parent start at once', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a')], 0);
    expect(end(lineage, 'a', 1)).toEqual([]);
    expect(observe(lineage, [shard('b', 'a'), shard('c', 'a')], 2)).toEqual(['b:TRIM_HORIZON', 'c:TRIM_HORIZON']);
  });

  test('whose parent no listing shows wait for it, but not for ever', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a')], 0);
    expect(observe(lineage, [shard('a'), shard('c', 'b')], 1)).toEqual([]);
    expect(lineage.incomplete).toBe(true);
    lineage.caughtUp('a', 50, 50);
    expect(lineage.asOfMs).toBe(-Infinity);
    expect(observe(lineage, [shard('c', 'b')], 100)).toEqual([]);
    expect(observe(lineage, [shard('c', 'b')], 101)).toEqual(['c:TRIM_HORIZON']);

    const late = new ShardLineage(options);
    observe(late, [shard('a')], 0);
    observe(late, [shard('a'), shard('c', 'b')], 1);
    expect(observe(late, [shard('c', 'b'), shard('b', 'a')], 2)).toEqual([]);
    expect(end(late, 'a', 3)).toEqual(['b:TRIM_HORIZON']);
    expect(end(late, 'b', 4)).toEqual(['c:TRIM_HORIZON']);
  });
});

describe('freshness', () => {
  test('is that of the branch that is furthest behind', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a'), shard('b')], 0);
    expect(lineage.asOfMs).toBe(-Infinity);
    lineage.caughtUp('a', 20, 20);
    expect(lineage.asOfMs).toBe(-Infinity);
    lineage.caughtUp('b', 10, 10);
    expect(lineage.asOfMs).toBe(10);
    lineage.caughtUp('b', 5, 5);
    expect(lineage.asOfMs).toBe(10);
  });

  test('stands still after the end of a shard until its children are known and have caught up', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a')], 0);
    lineage.caughtUp('a', 20, 20);
    end(lineage, 'a', 30);
    expect(lineage.incomplete).toBe(true);
    observe(lineage, [shard('b', 'a')], 31);
    lineage.caughtUp('b', 35, 35);
    // The second child of a split may be late in the listings.
    expect(lineage.asOfMs).toBe(20);
    observe(lineage, [shard('b', 'a'), shard('c', 'a')], 36);
    expect(lineage.asOfMs).toBe(20);
    expect(lineage.incomplete).toBe(false);
    lineage.caughtUp('c', 40, 40);
    expect(lineage.asOfMs).toBe(35);
  });

  test('goes on with one child when a listing that was asked for late enough shows no other', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a')], 0);
    end(lineage, 'a', 30);
    observe(lineage, [shard('b', 'a')], 39);
    lineage.caughtUp('b', 60, 60);
    expect(lineage.asOfMs).toBe(-Infinity);
    observe(lineage, [shard('b', 'a')], 40);
    expect(lineage.asOfMs).toBe(60);
  });

  test('goes on without a shard that never gets a child', () => {
    const lineage = new ShardLineage(options);
    observe(lineage, [shard('a'), shard('b', undefined, true)], 0);
    lineage.caughtUp('a', 50, 50);
    observe(lineage, [shard('a')], 99);
    expect(lineage.asOfMs).toBe(-Infinity);
    observe(lineage, [shard('a')], 100);
    expect(lineage.asOfMs).toBe(50);
  });
});

test('a finished shard that a listing brings back is not read again, until long after it was last seen', () => {
  const lineage = new ShardLineage(options);
  observe(lineage, [shard('a')], 0);
  end(lineage, 'a', 1);
  observe(lineage, [shard('a', undefined, true), shard('b', 'a')], 20);
  expect(observe(lineage, [shard('b', 'a')], 500)).toEqual([]);
  expect(observe(lineage, [shard('a', undefined, true), shard('b', 'a')], 600)).toEqual([]);
  expect(observe(lineage, [shard('b', 'a')], 1_601)).toEqual([]);
  expect(observe(lineage, [shard('a', undefined, true), shard('b', 'a')], 1_602)).toEqual(['a:TRIM_HORIZON']);
});
