/** The keys of the workloads: their distribution is the law's, their order is nobody's. */
import { describe, expect, it } from 'vitest';
import { YcsbCourse, ycsbWorkloads } from '../../bench/ycsb.ts';
import type { YcsbName } from '../../bench/ycsb.ts';
import { scatteredPlaces, ZipfRanks } from '../../bench/zipf.ts';
import { SeededRandom } from '../../src/base/seeded-random.ts';

describe("ranks by Zipf's law", () => {
  it.each([0.5, 0.99, 1.2])('are drawn as often as the law with θ %s says', (theta) => {
    const RANKS = 50;
    const DRAWS = 200_000;
    const ranks = new ZipfRanks(RANKS, new SeededRandom(11), theta);
    const drawn = Array.from({ length: RANKS }, () => 0);
    for (let draw = 0; draw < DRAWS; draw++) drawn[ranks.next()]! += 1;

    const weights = drawn.map((_, rank) => (rank + 1) ** -theta);
    const whole = weights.reduce((sum, weight) => sum + weight, 0);
    const chiSquared = drawn.reduce((sum, count, rank) => {
      const meant = (DRAWS * weights[rank]!) / whole;
      return sum + (count - meant) ** 2 / meant;
    }, 0);
    // 49 degrees of freedom: one seed in a thousand is above 85.4.
    expect(chiSquared).toBeLessThan(85.4);
  });

  it('tell how often the most popular are drawn', () => {
    const ranks = new ZipfRanks(3, new SeededRandom(1), 1);
    expect(ranks.shareOf(0)).toBe(0);
    expect(ranks.shareOf(1)).toBeCloseTo(6 / 11, 12);
    expect(ranks.shareOf(2)).toBeCloseTo(9 / 11, 12);
    expect(ranks.shareOf(3)).toBe(1);
    expect(ranks.shareOf(9)).toBe(1);
  });

  it('are the same for the same seed', () => {
    const course = () => {
      const ranks = new ZipfRanks(1_000, new SeededRandom(5));
      return Array.from({ length: 100 }, () => ranks.next());
    };
    expect(course()).toEqual(course());
  });
});

describe('scattered places', () => {
  it('are all places, each once, and popular ones are no neighbours', () => {
    const places = [...scatteredPlaces(1_000, new SeededRandom(3))];
    expect(places.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, place) => place));
    const neighbours = places.filter((place, rank) => rank > 0 && Math.abs(place - places[rank - 1]!) === 1);
    expect(neighbours.length).toBeLessThan(15);
  });
});

describe("YCSB's workloads", () => {
  const ITEMS = 1_000;
  const operationOf = (request: Buffer) =>
    /x-amz-target: DynamoDB_20120810\.(\w+)/.exec(request.toString('latin1'))![1]!;
  const bodyOf = (request: Buffer) =>
    JSON.parse(request.toString('utf8').split('\r\n\r\n')[1]!) as { Key?: object; Item?: { pk: object; sk: object } };

  function counts(name: YcsbName): Readonly<Record<string, number>> {
    const course = new YcsbCourse(name, ITEMS, 9);
    const counted: Record<string, number> = {};
    for (let place = 0; place < 10_000; place++) {
      const operation = operationOf(course.next(place % 32));
      counted[operation] = (counted[operation] ?? 0) + 1;
    }
    expect(course.writes).toBe(counted['PutItem'] ?? 0);
    return counted;
  }

  it.each([
    ['A', { GetItem: 0.5, PutItem: 0.5 }],
    ['B', { GetItem: 0.95, PutItem: 0.05 }],
    ['C', { GetItem: 1 }],
    ['D', { GetItem: 0.95, PutItem: 0.05 }],
    ['E', { Query: 0.95, PutItem: 0.05 }],
    // Each read-modify-write is a read and a write.
    ['F', { GetItem: 2 / 3, PutItem: 1 / 3 }],
  ] as const)('%s mixes its operations as YCSB does', (name, meant) => {
    const counted = counts(name);
    expect(Object.keys(counted).toSorted()).toEqual(Object.keys(meant).toSorted());
    for (const [operation, share] of Object.entries(meant)) {
      expect(counted[operation]! / 10_000).toBeGreaterThan(share - 0.02);
      expect(counted[operation]! / 10_000).toBeLessThan(share + 0.02);
    }
  });

  it('F writes what the same connection has just read', () => {
    const course = new YcsbCourse('F', ITEMS, 9);
    const lastRead = new Map<number, object>();
    for (let step = 0; step < 1_000; step++) {
      const connection = step % 3;
      const body = bodyOf(course.next(connection));
      if (body.Key !== undefined) lastRead.set(connection, body.Key);
      else expect({ pk: body.Item!.pk, sk: body.Item!.sk }).toEqual(lastRead.get(connection));
    }
  });

  it('D inserts new items and reads the latest most often', () => {
    const course = new YcsbCourse('D', ITEMS, 9);
    let inserted = 0;
    let ofLatest = 0;
    let reads = 0;
    for (let step = 0; step < 5_000; step++) {
      const { Key, Item } = bodyOf(course.next(0));
      const key = (Key ?? Item) as { pk: { S: string }; sk: { N: string } };
      const place = Number(key.pk.S.replace('partition-', '')) * 100 + Number(key.sk.N);
      if (Item !== undefined) {
        expect(place).toBe(ITEMS + inserted);
        inserted += 1;
      } else {
        reads += 1;
        if (place >= ITEMS + inserted - 10) ofLatest += 1;
      }
    }
    // Ten of a thousand, by Zipf's law with θ 0.99: two fifths of the reads.
    expect(ofLatest / reads).toBeGreaterThan(0.35);
    expect(Object.keys(ycsbWorkloads).join('')).toBe('ABCDEF');
  });
});
