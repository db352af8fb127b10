/**
 * Expressions as texts that are equal when the expressions mean the same, for the keys of cached pages. Different spellings of
 * one condition may have different texts (they then miss each other's pages); different conditions never have the same.
 */
import { typeOf, type AttributeValue } from '../model/attribute-value.ts';
import type { Condition, DocumentPath, Operand } from './syntax.ts';

export function canonicalCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
    case 'or':
      // Conditions have no effects and cannot fail, so their order and grouping mean nothing.
      return call(condition.kind, flatten(condition.kind, condition).map(canonicalCondition).toSorted());
    case 'not':
      return call('not', [canonicalCondition(condition.condition)]);
    case 'compare':
      return call(condition.comparator, [operandText(condition.left), operandText(condition.right)]);
    case 'between':
      return call('between', [condition.operand, condition.low, condition.high].map(operandText));
    case 'in':
      return call('in', [operandText(condition.operand), ...condition.choices.map(operandText).toSorted()]);
    case 'attribute_exists':
    case 'attribute_not_exists':
      return call(condition.kind, [pathKey(condition.path)]);
    case 'attribute_type':
      return call(condition.kind, [operandText(condition.operand), condition.type]);
    case 'begins_with':
    case 'contains':
      return call(condition.kind, [operandText(condition.operand), operandText(condition.part)]);
  }
}

export function canonicalProjection(paths: readonly DocumentPath[]): string {
  return paths.map(pathKey).toSorted().join(',');
}

/** One text a value: sets and maps in the order of their members, numbers as they were normalised. */
export function canonicalValue(value: AttributeValue): string {
  const type = typeOf(value);
  if ('M' in value) {
    const members = Object.keys(value.M).toSorted();
    return call(
      'M',
      members.map((name) => `${JSON.stringify(name)}:${canonicalValue(value.M[name] as AttributeValue)}`),
    );
  }
  if ('L' in value) return call('L', value.L.map(canonicalValue));
  const content = (value as Record<string, string | boolean | readonly string[]>)[type];
  return type + JSON.stringify(Array.isArray(content) ? (content as readonly string[]).toSorted() : content);
}

function flatten(kind: 'and' | 'or', condition: Condition): Condition[] {
  if (condition.kind !== kind) return [condition];
  return (condition as { conditions: readonly Condition[] }).conditions.flatMap((part) => flatten(kind, part));
}

function operandText(operand: Operand): string {
  switch (operand.kind) {
    case 'path':
      return pathKey(operand.path);
    case 'value':
      return canonicalValue(operand.value);
    case 'size':
      return call('size', [operandText(operand.of)]);
  }
}

/** JSON, so that no character of a name can be taken for one of ours. */
function pathKey(path: DocumentPath): string {
  return JSON.stringify(path);
}

function call(name: string, parts: readonly string[]): string {
  return `${name}(${parts.join(',')})`;
}
