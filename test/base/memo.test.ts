import { expect, test } from 'vitest';
import { memo } from '../../src/base/memo.ts';

test('a text is worked on once while it is remembered, and no more than the limit are', () => {
  const made: string[] = [];
  const lengthOf = memo(2, (text) => {
    made.push(text);
    return text.length;
  });
  expect(['a', 'bb', 'a', 'bb'].map(lengthOf)).toEqual([1, 2, 1, 2]);
  expect(made).toEqual(['a', 'bb']);
  expect(['ccc', 'a', 'ccc'].map(lengthOf)).toEqual([3, 1, 3]);
  expect(made).toEqual(['a', 'bb', 'ccc', 'a']);
});

test('a long text is worked on each time, and nothing of it is kept', () => {
  let made = 0;
  const lengthOf = memo(2, (text) => {
    made++;
    return text.length;
  });
  const [longest, longer] = ['x'.repeat(1024), 'x'.repeat(1025)];
  expect([longest, longer, longer, longest].map(lengthOf)).toEqual([1024, 1025, 1025, 1024]);
  expect(made).toBe(3);
});
