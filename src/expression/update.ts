/**
 * Applies update expressions. All of it is computed from the item as it was: operands read the old item, list indexes count in
 * the old list, and no two actions touch the same place.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
 */
import { copyItem, typeOf, type AttributeValue, type Item } from '../model/attribute-value.ts';
import { addNumbers, subtractNumbers } from '../model/decimal.ts';
import { checkNesting } from '../model/parse-item.ts';
import { validationError } from '../model/service-error.ts';
import { projectItem } from './projection.ts';
import { valueAt, type DocumentPath, type Update, type UpdateAction, type UpdateOperand } from './syntax.ts';

const NO_SUCH_ATTRIBUTE = 'The provided expression refers to an attribute that does not exist in the item';
const WRONG_TYPE = 'An operand in the update expression has an incorrect data type';
const INVALID_PATH = 'The document path provided in the update expression is invalid for update';

/** Sets by the member that holds their values. */
type SetType = 'SS' | 'NS' | 'BS';

/**
 * The item after the update; the one that is given stays as it is.
 *
 * @param item without any attributes but the key when there is none yet.
 * @throws {ServiceError} ValidationException.
 */
export function applyUpdate(update: Update, item: Item): Item {
  const draft = new Draft(item);
  for (const action of update.actions) {
    const value = valueAfter(action, item);
    if (value !== undefined && action.kind === 'set') checkNesting(value, action.path.length);
    draft.put(action.path, value);
  }
  return draft.finish();
}

/** What `UPDATED_OLD` returns of the old item and `UPDATED_NEW` of the new one: the paths of the update, nested as they are. */
export function updatedAttributes(update: Update, item: Item): Item {
  return projectItem(
    update.actions.map(({ path }) => path),
    item,
  );
}

/** Undefined when nothing is (left) there. */
function valueAfter(action: UpdateAction, item: Item): AttributeValue | undefined {
  switch (action.kind) {
    case 'set':
      return evaluate(action.value, item);
    case 'remove':
      return undefined;
    case 'add':
      return added(valueAt(action.path, item), action.value);
    case 'delete':
      return deleted(valueAt(action.path, item), action.value);
  }
}

function evaluate(operand: UpdateOperand, item: Item): AttributeValue {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'path': {
      const value = valueAt(operand.path, item);
      if (value === undefined) throw validationError(NO_SUCH_ATTRIBUTE);
      return value;
    }
    case 'if_not_exists':
      return valueAt(operand.path, item) ?? evaluate(operand.fallback, item);
    case 'list_append': {
      const left = evaluate(operand.left, item);
      const right = evaluate(operand.right, item);
      if (!('L' in left) || !('L' in right)) throw validationError(WRONG_TYPE);
      return { L: [...left.L, ...right.L] };
    }
    case '+':
    case '-': {
      const left = evaluate(operand.left, item);
      const right = evaluate(operand.right, item);
      if (!('N' in left) || !('N' in right)) throw validationError(WRONG_TYPE);
      return { N: operand.kind === '+' ? addNumbers(left.N, right.N) : subtractNumbers(left.N, right.N) };
    }
  }
}

function added(old: AttributeValue | undefined, value: AttributeValue): AttributeValue {
  if (old === undefined) return value;
  const type = typeOf(value);
  if (typeOf(old) !== type) throw validationError(WRONG_TYPE);
  if ('N' in old && 'N' in value) return { N: addNumbers(old.N, value.N) };
  return setOf(type as SetType, [...new Set([...membersOf(old), ...membersOf(value)])]);
}

function deleted(old: AttributeValue | undefined, value: AttributeValue): AttributeValue | undefined {
  if (old === undefined) return undefined;
  const type = typeOf(value);
  if (typeOf(old) !== type) throw validationError(WRONG_TYPE);
  const removed = new Set(membersOf(value));
  const left = membersOf(old).filter((member) => !removed.has(member));
  return left.length === 0 ? undefined : setOf(type as SetType, left);
}

function membersOf(set: AttributeValue): readonly string[] {
  return (set as Record<SetType, readonly string[]>)[typeOf(set) as SetType];
}

function setOf(type: SetType, members: readonly string[]): AttributeValue {
  return { [type]: members } as unknown as AttributeValue;
}

/** A list while it is being changed: an element that is removed leaves a gap until the end, so that indexes stay the old ones. */
type DraftList = (AttributeValue | undefined)[];

/** A copy of an item, made as far down as it is changed. */
class Draft {
  readonly #item: Item;
  /** The maps and lists that are copies already, and may be changed. */
  readonly #copies = new Set<Item | DraftList>();
  readonly #lists: DraftList[] = [];
  /** Elements set beyond the end of their list. Writing them there at once would make a list of two thousand million holes. */
  readonly #appended: { readonly list: DraftList; readonly index: number; readonly value: AttributeValue }[] = [];

  constructor(item: Item) {
    this.#item = copyItem(item);
  }

  /** @throws {ServiceError} ValidationException when the map or list around the path is not there. */
  put(path: DocumentPath, value: AttributeValue | undefined): void {
    let container: Item | DraftList = this.#item;
    for (let i = 0; i + 1 < path.length; i++) {
      container = this.#enter(container, path[i] as string | number, path[i + 1] as string | number);
    }
    const last = path.at(-1) as string | number;
    if (typeof last === 'number') {
      const list = container as DraftList;
      if (last < list.length) list[last] = value;
      else if (value !== undefined) this.#appended.push({ list, index: last, value });
    } else if (value === undefined) delete (container as Item)[last];
    else (container as Item)[last] = value;
  }

  finish(): Item {
    for (const list of this.#lists) {
      const left = list.filter((element) => element !== undefined);
      list.length = 0;
      for (const element of left) list.push(element);
    }
    for (const { list, value } of this.#appended.toSorted((a, b) => a.index - b.index)) list.push(value);
    return this.#item;
  }

  /** The copy of what stands at `element`, which has to be a list when `next` is an index and else a map. */
  #enter(container: Item | DraftList, element: string | number, next: string | number): Item | DraftList {
    const value = (container as Record<string | number, AttributeValue | undefined>)[element];
    const old = value === undefined ? undefined : typeof next === 'number' ? asList(value) : asMap(value);
    if (old === undefined) throw validationError(INVALID_PATH);
    if (this.#copies.has(old)) return old;
    let copy: Item | DraftList;
    if (Array.isArray(old)) {
      copy = [...old];
      this.#lists.push(copy);
      (container as Item)[element] = { L: copy as AttributeValue[] };
    } else {
      copy = copyItem(old);
      (container as Item)[element] = { M: copy };
    }
    this.#copies.add(copy);
    return copy;
  }
}

function asList(value: AttributeValue): DraftList | undefined {
  return 'L' in value ? (value.L as DraftList) : undefined;
}

function asMap(value: AttributeValue): Item | undefined {
  return 'M' in value ? value.M : undefined;
}
