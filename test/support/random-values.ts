/** Random attribute values as they stand on the wire: few and small ones, so that they meet again. */
import fc from 'fast-check';

export type Value = Readonly<Record<string, unknown>>;

export const textValue: fc.Arbitrary<Value> = fc.constantFrom('a', 'ab', 'B', 'b', 'z').map((text) => ({ S: text }));
export const numberValue: fc.Arbitrary<Value> = fc
  .constantFrom('-10', '-1', '0', '1', '1.5', '1e1', '100', '0.10', '-0.001', '12345678901234567890')
  .map((text) => ({ N: text }));
export const binaryValue: fc.Arbitrary<Value> = fc
  .constantFrom('AQ==', 'AQI=', '/w==', 'AP8=')
  .map((text) => ({ B: text }));

/** What has an order. Texts are ASCII, for dynalite takes their size in characters. */
export const orderedValue = fc.oneof(textValue, numberValue, binaryValue);

/** What is compared: lists, maps and sets are left to tables, as the foreign stores do not compare them as DynamoDB does. */
export const scalarValue: fc.Arbitrary<Value> = fc.oneof(
  { weight: 3, arbitrary: textValue },
  { weight: 3, arbitrary: numberValue },
  { weight: 2, arbitrary: binaryValue },
  // dynalite takes false for nothing in some functions.
  { weight: 1, arbitrary: fc.constant<Value>({ BOOL: true }) },
  { weight: 1, arbitrary: fc.constant<Value>({ NULL: true }) },
);

const sets: fc.Arbitrary<Value> = fc.oneof(
  fc.subarray(['x', 'y', 'z'], { minLength: 1 }).map((members): Value => ({ SS: members })),
  fc.subarray(['1', '2', '3.5'], { minLength: 1 }).map((members): Value => ({ NS: members })),
  fc.subarray(['AQ==', '/w=='], { minLength: 1 }).map((members): Value => ({ BS: members })),
);

export const { value } = fc.letrec<{ readonly value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    { weight: 6, arbitrary: scalarValue },
    { weight: 2, arbitrary: sets },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }).map((members): Value => ({ L: members })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('value'), fc.option(tie('value'), { nil: undefined }))
        .map(([k, m]): Value => ({ M: m === undefined ? { k } : { k, m } })),
    },
  ),
}));
