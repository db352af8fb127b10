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
