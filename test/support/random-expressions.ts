/** Random expressions with their placeholders, mostly sensible ones: what is tried is the meaning, not only the refusals. */
import fc from 'fast-check';
import type { JsonObject } from '../../src/model/service-call.ts';
import { binaryValue, numberValue, orderedValue, scalarValue, textValue, value, type Value } from './random-values.ts';

/** Renders itself; `hold` gives the placeholder of a value. */
type Part = (hold: (value: Value) => string) => string;

/** None is a key of the table; `l`, `g` and `h` may be keys of an index. `a.k` and `a[0]` reach into maps and lists, where there are some. */
const NAMES = ['a', 'b', 'c', 'd', 'l', 'g', 'h'];
const plainPath = fc.constantFrom(...NAMES);
const deepPath = fc.constantFrom('a.k', 'b.k', 'a[0]', 'b[1]', 'c.k.k', 'c[0].k');
const path = fc.oneof({ weight: 3, arbitrary: plainPath }, { weight: 1, arbitrary: deepPath });

const comparison: fc.Arbitrary<Part> = fc
  .oneof(
    fc.tuple(path, fc.constantFrom('=', '<>'), scalarValue),
    fc.tuple(path, fc.constantFrom('<', '<=', '>', '>='), orderedValue),
  )
  .map(
    ([left, operator, right]) =>
      (hold) =>
        `${left} ${operator} ${hold(right)}`,
  );
const between: fc.Arbitrary<Part> = fc
  .tuple(path, fc.oneof(fc.tuple(numberValue, numberValue), fc.tuple(textValue, textValue)))
  .map(
    ([left, [low, high]]) =>
      (hold) =>
        `${left} BETWEEN ${hold(low)} AND ${hold(high)}`,
  );
const among: fc.Arbitrary<Part> = fc.tuple(path, fc.array(orderedValue, { minLength: 1, maxLength: 3 })).map(
  ([left, choices]) =>
    (hold) =>
      `${left} IN (${choices.map(hold).join(', ')})`,
);
const existence: fc.Arbitrary<Part> = fc.tuple(path, fc.constantFrom('attribute_exists', 'attribute_not_exists')).map(
  ([operand, name]) =>
    () =>
      `${name}(${operand})`,
);
const typed: fc.Arbitrary<Part> = fc
  .tuple(path, fc.constantFrom('S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'L', 'M'))
  .map(
    ([operand, type]) =>
      (hold) =>
        `attribute_type(${operand}, ${hold({ S: type })})`,
  );
const begins: fc.Arbitrary<Part> = fc
  .tuple(
    path,
    fc.oneof(
      { weight: 6, arbitrary: textValue },
      { weight: 3, arbitrary: binaryValue },
      { weight: 1, arbitrary: numberValue },
    ),
  )
  .map(
    ([operand, start]) =>
      (hold) =>
        `begins_with(${operand}, ${hold(start)})`,
  );
const containing: fc.Arbitrary<Part> = fc.tuple(path, fc.oneof(textValue, numberValue)).map(
  ([operand, part]) =>
    (hold) =>
      `contains(${operand}, ${hold(part)})`,
);
const sized: fc.Arbitrary<Part> = fc.tuple(path, fc.constantFrom('=', '<', '>='), fc.integer({ min: 0, max: 3 })).map(
  ([operand, operator, size]) =>
    (hold) =>
      `size(${operand}) ${operator} ${hold({ N: String(size) })}`,
);

const { condition } = fc.letrec<{ readonly condition: Part }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 5, arbitrary: fc.oneof(comparison, between, among, existence, typed, begins, containing, sized) },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map(
        ([left, operator, right]): Part =>
          (hold) =>
            `(${left(hold)}) ${operator} (${right(hold)})`,
      ),
    },
    {
      weight: 1,
      arbitrary: tie('condition').map(
        (inner): Part =>
          (hold) =>
            `NOT (${inner(hold)})`,
      ),
    },
  ),
}));

/**
 * What a SET takes its value from: `d`, which stays as it is, and scalars. dynalite makes a ring of `SET b.k = b`, one value
 * in two places of `SET b = a REMOVE a.k`, and reads `c` after it has added to it.
 */
function sourceFrom(names: readonly string[]): fc.Arbitrary<Part> {
  const operand = fc.constantFrom(...names);
  const arithmetic = fc.tuple(operand, fc.constantFrom('+', '-'), numberValue).map(
    ([left, operator, right]): Part =>
      (hold) =>
        `${left} ${operator} ${hold(right)}`,
  );
  const fallback = fc.tuple(operand, value).map(
    ([left, each]): Part =>
      (hold) =>
        `if_not_exists(${left}, ${hold(each)})`,
  );
  const appended = fc.tuple(operand, fc.array(value, { maxLength: 2 })).map(
    ([left, each]): Part =>
      (hold) =>
        `list_append(${left}, ${hold({ L: each })})`,
  );
  return fc.oneof(
    {
      weight: 4,
      arbitrary: value.map(
        (each): Part =>
          (hold) =>
            hold(each),
      ),
    },
    { weight: 2, arbitrary: arithmetic },
    { weight: 2, arbitrary: fallback },
    { weight: 1, arbitrary: appended },
    {
      weight: 1,
      arbitrary: operand.map(
        (each): Part =>
          () =>
            each,
      ),
    },
  );
}

/**
 * One section after another, no path twice: `b` or an index's key is set, what is below `a` removed, `c` added to.
 *
 * @param indexed sets a key of an index, to a value of its type.
 */
function updateOf(indexed: fc.Arbitrary<readonly [name: string, value: Value]>): fc.Arbitrary<Part> {
  const setting = fc.oneof(
    { weight: 2, arbitrary: fc.tuple(fc.constant('b'), sourceFrom(['b', 'd', 'l', 'g', 'h'])) },
    { weight: 1, arbitrary: fc.tuple(fc.constantFrom('b.k', 'b[0]'), sourceFrom(['d', 'l'])) },
    { weight: 2, arbitrary: indexed.map(([name, each]): [string, Part] => [name, (hold) => hold(each)]) },
  );
  return fc
    .record({
      set: setting,
      // A path into what is not there is refused, which would soon be all that happens.
      removed: fc.option(fc.constantFrom('a', 'a', 'a', 'a.k', 'a[0]'), { nil: undefined }),
      added: fc.option(fc.oneof(numberValue, fc.constantFrom<Value[]>({ SS: ['x', 'y'] }, { NS: ['1', '2'] })), {
        nil: undefined,
      }),
      deleted: fc.boolean(),
    })
    .map(({ set: [target, source], removed, added, deleted }): Part => (hold) => {
      const sections = [`SET ${target} = ${source(hold)}`];
      if (removed !== undefined) sections.push(`REMOVE ${removed}`);
      if (added !== undefined) sections.push(`${deleted && !('N' in added) ? 'DELETE' : 'ADD'} c ${hold(added)}`);
      return sections.join(' ');
    });
}

const projection = fc.uniqueArray(fc.constantFrom('a.k', 'b', 'c[0]', 'p', 'g', 'h.k', 'l'), {
  minLength: 1,
  maxLength: 3,
});

/** Expressions by their parameters, with one set of placeholders for all of them. */
export function withExpressions(parts: Readonly<Record<string, Part | undefined>>): JsonObject {
  const values: Record<string, Value> = {};
  const input: JsonObject = {};
  const hold = (each: Value): string => {
    const placeholder = `:v${Object.keys(values).length}`;
    values[placeholder] = each;
    return placeholder;
  };
  for (const [name, part] of Object.entries(parts)) if (part !== undefined) input[name] = part(hold);
  return Object.keys(values).length === 0 ? input : { ...input, ExpressionAttributeValues: values };
}

/** Expressions whose outcome does not depend on an operand's type: moto tells faults of the item at other times. */
const plainCondition: fc.Arbitrary<Part> = fc.oneof(
  existence,
  fc.tuple(plainPath, textValue).map(
    ([left, right]): Part =>
      (hold) =>
        `${left} = ${hold(right)}`,
  ),
);
const plainUpdate: fc.Arbitrary<Part> = fc
  .tuple(value, fc.boolean(), fc.constantFrom('1', '-1', '20'))
  .map(([each, removes, step]): Part => (hold) => {
    const counted = `n = if_not_exists(n, ${hold({ N: '0' })}) + ${hold({ N: step })}`;
    return `SET b = ${hold(each)}, ${counted}${removes ? ' REMOVE a' : ''}`;
  });

export const expressions = {
  condition,
  updateOf,
  plainCondition,
  plainUpdate,
  projection: projection.map(
    (paths): Part =>
      () =>
        paths.join(', '),
  ),
};
