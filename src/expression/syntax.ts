/**
 * What expressions are parsed into. Placeholders are already substituted, so two expressions that mean the same by
 * different names have equal trees.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
import type { AttributeType, AttributeValue, Item } from '../model/attribute-value.ts';

/** The request parameter that an expression came in; error messages name it. */
export type ConditionParameter = 'ConditionExpression' | 'FilterExpression' | 'KeyConditionExpression';
export type ExpressionParameter = ConditionParameter | 'ProjectionExpression' | 'UpdateExpression';

/** Names of map members and indexes of list elements; the first is an attribute's name. */
export type DocumentPath = readonly (string | number)[];

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Operand =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'size'; readonly of: Operand };

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly kind: 'not'; readonly condition: Condition }
  | { readonly kind: 'compare'; readonly comparator: Comparator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'between'; readonly operand: Operand; readonly low: Operand; readonly high: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly choices: readonly Operand[] }
  | { readonly kind: 'attribute_exists' | 'attribute_not_exists'; readonly path: DocumentPath }
  | { readonly kind: 'attribute_type'; readonly operand: Operand; readonly type: AttributeType }
  | { readonly kind: 'begins_with' | 'contains'; readonly operand: Operand; readonly part: Operand };

export type UpdateOperand =
  | { readonly kind: 'path'; readonly path: DocumentPath }
  | { readonly kind: 'value'; readonly value: AttributeValue }
  | { readonly kind: 'if_not_exists'; readonly path: DocumentPath; readonly fallback: UpdateOperand }
  | { readonly kind: 'list_append' | '+' | '-'; readonly left: UpdateOperand; readonly right: UpdateOperand };

export type UpdateAction =
  | { readonly kind: 'set'; readonly path: DocumentPath; readonly value: UpdateOperand }
  | { readonly kind: 'remove'; readonly path: DocumentPath }
  /** `value` is a number or a set for `add`, a set for `delete`. */
  | { readonly kind: 'add' | 'delete'; readonly path: DocumentPath; readonly value: AttributeValue };

export interface Update {
  /** No two paths are the same or one inside the other, so the order does not matter. */
  readonly actions: readonly UpdateAction[];
}

/** As error messages write it: `[list, [0], name]`. */
export function pathText(path: DocumentPath): string {
  return `[${path.map((element) => (typeof element === 'number' ? `[${element}]` : element)).join(', ')}]`;
}

export function samePath(a: DocumentPath, b: DocumentPath): boolean {
  return a.length === b.length && a.every((element, i) => element === b[i]);
}

/** The value at a path; undefined when the item has none there. */
export function valueAt(path: DocumentPath, item: Item): AttributeValue | undefined {
  let value = memberOf(item, path[0] as string);
  for (let i = 1; i < path.length && value !== undefined; i++) {
    const element = path[i] as string | number;
    if (typeof element === 'number') value = 'L' in value ? value.L[element] : undefined;
    else value = 'M' in value ? memberOf(value.M, element) : undefined;
  }
  return value;
}

/** Items that come from outside may have a prototype, whose members are no attributes. */
function memberOf(item: Item, name: string): AttributeValue | undefined {
  return Object.hasOwn(item, name) ? item[name] : undefined;
}

/** Every path that a condition reads, in the order of its text. */
export function pathsOf(condition: Condition): DocumentPath[] {
  const paths: DocumentPath[] = [];
  const read = (operand: Operand): void => {
    if (operand.kind === 'path') paths.push(operand.path);
    if (operand.kind === 'size') read(operand.of);
  };
  const visit = (part: Condition): void => {
    switch (part.kind) {
      case 'and':
      case 'or':
        part.conditions.forEach(visit);
        return;
      case 'not':
        visit(part.condition);
        return;
      case 'compare':
        [part.left, part.right].forEach(read);
        return;
      case 'between':
        [part.operand, part.low, part.high].forEach(read);
        return;
      case 'in':
        [part.operand, ...part.choices].forEach(read);
        return;
      case 'attribute_exists':
      case 'attribute_not_exists':
        paths.push(part.path);
        return;
      case 'attribute_type':
        read(part.operand);
        return;
      case 'begins_with':
      case 'contains':
        [part.operand, part.part].forEach(read);
    }
  };
  visit(condition);
  return paths;
}
