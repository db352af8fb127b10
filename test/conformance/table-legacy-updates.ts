/** UpdateItem by AttributeUpdates, as it was before expressions. */
import { valueOf } from '../support/attribute-values.ts';
import { TableName, get, guide, invalid, key, thing, type Behaviour } from './behaviour.ts';

const LEGACY = guide('LegacyConditionalParameters.AttributeUpdates');

const legacy = (AttributeUpdates: object, rest: object = {}) =>
  ['UpdateItem', { TableName, Key: key('a'), AttributeUpdates, ReturnValues: 'ALL_NEW', ...rest }] as const;

export const legacyUpdates: readonly Behaviour[] = [
  {
    name: 'AttributeUpdates put, add and delete',
    page: LEGACY,
    items: [thing('a', 1, { n: 1, gone: 1, s1: new Set(['a', 'b']), l: ['a'] })],
    call: legacy({
      x: { Value: valueOf('put') },
      n: { Action: 'ADD', Value: valueOf(2) },
      gone: { Action: 'DELETE' },
      s1: { Action: 'DELETE', Value: valueOf(new Set(['a'])) },
      l: { Action: 'ADD', Value: valueOf(['b']) },
    }),
    output: { Attributes: thing('a', 1, { x: 'put', n: 3, s1: new Set(['b']), l: ['a', 'b'] }) },
  },
  {
    name: 'AttributeUpdates may not delete a number',
    page: LEGACY,
    call: legacy({ n: { Action: 'DELETE', Value: valueOf(1) } }),
    error: invalid(
      'One or more parameter values were invalid: DELETE action with value is not supported for the type N',
    ),
  },
  {
    name: 'AttributeUpdates may not add a text',
    page: LEGACY,
    call: legacy({ n: { Action: 'ADD', Value: valueOf('x') } }),
    error: invalid('One or more parameter values were invalid: ADD action is not supported for the type S'),
  },
  {
    name: 'AttributeUpdates may not put nothing',
    page: LEGACY,
    call: legacy({ n: { Action: 'PUT' } }),
    error: invalid(
      'One or more parameter values were invalid: Only DELETE action is allowed when no attribute value is specified',
    ),
  },
  {
    name: 'AttributeUpdates beside an expression are refused',
    page: guide('LegacyConditionalParameters'),
    call: legacy({ n: { Action: 'ADD', Value: valueOf(1) } }, { UpdateExpression: 'REMOVE x' }),
    error: invalid(
      'Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}',
    ),
  },
  {
    name: 'AttributeUpdates of a key are refused',
    page: LEGACY,
    call: legacy({ s: { Value: valueOf(2) } }),
    error: invalid(
      'One or more parameter values were invalid: Cannot update attribute s. This attribute is part of the key',
    ),
  },
  {
    name: 'AttributeUpdates that only delete make no item',
    page: LEGACY,
    call: legacy({ x: { Action: 'DELETE' } }),
    output: {},
    after: [[get('a'), {}]],
  },
  {
    name: 'AttributeUpdates of nothing make an item',
    page: LEGACY,
    call: legacy({}),
    output: { Attributes: thing('a', 1) },
  },
];
