import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { MutationLog } from '../../src/cache/mutation-log.ts';

const options = { retentionMs: 1_000, limitBytes: 10_000 };

describe('mutation log', () => {
  test('a token sees the mutations of a topic that came after it, and no others', () => {
    const log = new MutationLog<string>(options);
    log.append(['a'], 'a1', 10, 0);
    const token = log.token();
    log.append(['b'], 'b1', 10, 1);
    log.append(['a', 'b'], 'ab', 10, 2);
    expect([...log.since('a', token)]).toEqual(['ab']);
    expect([...log.since('b', token)]).toEqual(['b1', 'ab']);
    expect(log.reaches(token)).toBe(true);
  });

  test('a mutation is recent for the retention and then forgotten', () => {
    const log = new MutationLog<string>(options);
    log.append(['a'], 'a1', 10, 0);
    expect([...log.recent('a', 999)]).toEqual(['a1']);
    expect([...log.recent('a', 1_000)]).toEqual([]);
    expect(log.length).toBe(0);
    expect(log.sizeBytes).toBe(0);
  });

  test('a token older than a forgotten mutation is refused, a younger one is not', () => {
    const log = new MutationLog<string>(options);
    const before = log.token();
    log.append(['a'], 'a1', 10, 0);
    const after = log.token();
    void [...log.recent('a', 2_000)];
    expect(log.reaches(before)).toBe(false);
    expect(log.reaches(after)).toBe(true);
  });

  test('when the log overflows, older tokens are refused and every key counts as recent until the retention is over', () => {
    const log = new MutationLog<string>({ retentionMs: 1_000, limitBytes: 25 });
    const token = log.token();
    log.append(['a'], 'a1', 10, 0);
    log.append(['b'], 'b1', 10, 100);
    expect(log.isBlurred(100)).toBe(false);
    log.append(['c'], 'c1', 10, 200);
    expect(log.reaches(token)).toBe(false);
    expect(log.isBlurred(999)).toBe(true);
    expect(log.isBlurred(1_000)).toBe(false);
  });

  test('a reset refuses every token given before it and makes every key recent', () => {
    const log = new MutationLog<string>(options);
    const before = log.token();
    log.reset(50);
    expect(log.reaches(before)).toBe(false);
    expect(log.reaches(log.token())).toBe(true);
    expect(log.isBlurred(1_049)).toBe(true);
    expect(log.isBlurred(1_050)).toBe(false);
  });

  test('a token that is accepted never misses a mutation, whatever was forgotten', () => {
    const step = fc.record({
      topic: fc.constantFrom('a', 'b', 'c'),
      afterMs: fc.integer({ min: 0, max: 600 }),
      sizeBytes: fc.integer({ min: 1, max: 40 }),
      takesToken: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const log = new MutationLog<number>({ retentionMs: 1_000, limitBytes: 200 });
        const all: { topic: string; id: number }[] = [];
        const tokens: { token: number; from: number }[] = [];
        let nowMs = 0;
        for (const { topic, afterMs, sizeBytes, takesToken } of steps) {
          nowMs += afterMs;
          if (takesToken) tokens.push({ token: log.token(), from: all.length });
          all.push({ topic, id: all.length });
          log.append([topic], all.length - 1, sizeBytes, nowMs);
          for (const { token, from } of tokens) {
            if (!log.reaches(token)) continue;
            const expected = all.filter((entry) => entry.id >= from && entry.topic === topic).map(({ id }) => id);
            expect([...log.since(topic, token)]).toEqual(expected);
          }
        }
      }),
    );
  });
});
