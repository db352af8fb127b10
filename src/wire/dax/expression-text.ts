/**
 * Expressions come as trees, made by the client's own parser. They are written out as text again, with placeholders of ours,
 * and go the way of every expression. That is a choice. The tree could be mapped onto `expression/syntax.ts` at once, but
 * what makes an expression an error in DynamoDB (operands of the wrong type, paths that overlap, too many operators, functions
 * where none belong) is found by the parser while it reads, in DynamoDB's order and words, and the client's parser checks
 * next to nothing of it; the accelerator's cache keys, the embedded store and a remote store all start from the text. So the
 * text is the form in which one set of checks gives one set of errors behind both doors. What is lost is what DAX itself
 * loses: messages name our placeholders instead of the caller's.
 */
import type { AttributeValue } from '../../model/attribute-value.ts';
import { readAttributeValue } from './attribute-values.ts';
import { CborReader, major } from './cbor-reader.ts';
import { MalformedFrame } from './malformed.ts';
import type { JsonObject } from '../../model/service-call.ts';

const FORMAT = 1;
const LIST_INDEX_TAG = 3324;
/** Texts of 4,096 characters cannot nest deeper. */
const DEPTH_MAX = 2_100;

const comparators = ['=', '<>', '<', '>=', '>', '<='];
const functions: Readonly<Record<number, string>> = {
  11: 'attribute_exists',
  12: 'attribute_not_exists',
  13: 'attribute_type',
  14: 'begins_with',
  15: 'contains',
  16: 'size',
  23: 'if_not_exists',
  24: 'list_append',
};
const op = { and: 6, or: 7, not: 8, between: 9, in: 10, value: 17, path: 18, plus: 25, minus: 26 } as const;
const sections: Readonly<Record<number, string>> = { 19: 'SET', 20: 'ADD', 21: 'DELETE', 22: 'REMOVE' };

/** How tightly what was written holds together, to know where parentheses are needed. */
const binding = { or: 1, and: 2, not: 3, sum: 4, atom: 5 } as const;

/** A node that was written, and its elements while it is read. */
interface Written {
  readonly text: string;
  readonly binding: number;
}

/** Names of map members and indexes of list elements. */
export type PathElements = readonly (string | number)[];

/** The texts of one request's expressions and the placeholders that they share. */
export class ExpressionText {
  readonly #names = new Map<string, string>();
  readonly #values = new Map<string, { readonly placeholder: string; readonly value: AttributeValue }>();

  /** A condition, a filter or a key condition. */
  condition(bytes: Buffer): string {
    const { tree, values } = this.#open(bytes);
    return this.#write(tree, values, 0).text;
  }

  update(bytes: Buffer): string {
    const { tree, values } = this.#open(bytes);
    let text = '';
    let last: string | undefined;
    tree.eachElement(() => {
      const action = this.#action(tree, values);
      // A section that comes again after another is written again, for it is an error.
      text += action.section === last ? `,${action.text}` : `${text === '' ? '' : ' '}${action.section} ${action.text}`;
      last = action.section;
    });
    return text;
  }

  /** The paths of a projection, in the order in which the answer numbers them. */
  projection(bytes: Buffer): PathElements[] {
    const reader = openExpression(bytes, 2);
    const paths: PathElements[] = [];
    reader.eachElement(() => {
      const operands = openNode(reader);
      if (operands.opcode !== op.path) throw new MalformedFrame('a projection of something else than paths');
      paths.push(readPath(reader, operands.count));
    });
    return paths;
  }

  /** A path with placeholders. */
  path(elements: PathElements): string {
    let text = '';
    for (const [index, element] of elements.entries()) {
      if (typeof element === 'number') text += `[${element}]`;
      else text += (index === 0 ? '' : '.') + this.#name(element);
    }
    return text;
  }

  /** The placeholders' parameters of the request, as far as there are any. */
  addTo(input: JsonObject): void {
    if (this.#names.size > 0) {
      input['ExpressionAttributeNames'] = Object.fromEntries([...this.#names].map(([name, key]) => [key, name]));
    }
    if (this.#values.size === 0) return;
    const values = [...this.#values.values()].map(({ placeholder, value }) => [placeholder, value] as const);
    input['ExpressionAttributeValues'] = Object.fromEntries(values);
  }

  /** The values stand behind the tree that refers to them. */
  #open(bytes: Buffer): { readonly tree: CborReader; readonly values: readonly string[] } {
    const reader = openExpression(bytes, 3);
    const tree = new CborReader(bytes, reader.position);
    reader.skip(DEPTH_MAX);
    const values: string[] = [];
    reader.eachElement(() => values.push(this.#value(readAttributeValue(reader))));
    return { tree, values };
  }

  #action(reader: CborReader, values: readonly string[]): { readonly section: string; readonly text: string } {
    const { opcode, count } = openNode(reader);
    const section = sections[opcode];
    if (section === undefined || count !== (section === 'REMOVE' ? 1 : 2)) {
      throw new MalformedFrame(`an action ${opcode} with ${count} operands`);
    }
    const path = this.#write(reader, values, 1).text;
    if (section === 'REMOVE') return { section, text: path };
    const operand = this.#write(reader, values, 1).text;
    return { section, text: section === 'SET' ? `${path}=${operand}` : `${path} ${operand}` };
  }

  #write(reader: CborReader, values: readonly string[], depth: number): Written {
    if (depth > DEPTH_MAX) throw new MalformedFrame('an expression nested too deep');
    const { opcode, count } = openNode(reader);
    if (opcode === op.path) return { text: this.path(readPath(reader, count)), binding: binding.atom };
    if (opcode === op.value) {
      const value = values[reader.smallInteger()];
      if (value === undefined || count !== 1) throw new MalformedFrame('a value that is not there');
      return { text: value, binding: binding.atom };
    }
    if (opcode === op.in) return this.#in(reader, values, depth);
    const operands: Written[] = [];
    for (let i = 0; i < count; i++) operands.push(this.#write(reader, values, depth + 1));
    return combine(opcode, operands);
  }

  #in(reader: CborReader, values: readonly string[], depth: number): Written {
    const operand = this.#write(reader, values, depth + 1);
    const choices: string[] = [];
    reader.eachElement(() => choices.push(this.#write(reader, values, depth + 1).text));
    return { text: `${wrap(operand, binding.sum)} IN (${choices.join(',')})`, binding: binding.atom };
  }

  #name(name: string): string {
    let placeholder = this.#names.get(name);
    // Base 36, for the text to stay within the 4,096 characters in which the caller's own fitted.
    if (placeholder === undefined) this.#names.set(name, (placeholder = `#${this.#names.size.toString(36)}`));
    return placeholder;
  }

  /** A client may send one value several times. */
  #value(value: AttributeValue): string {
    const text = JSON.stringify(value);
    let known = this.#values.get(text);
    if (known === undefined) {
      this.#values.set(text, (known = { placeholder: `:${this.#values.size.toString(36)}`, value }));
    }
    return known.placeholder;
  }
}

function openExpression(bytes: Buffer, length: number): CborReader {
  const reader = new CborReader(bytes);
  reader.arrayOf(length);
  const format = reader.smallInteger();
  if (format !== FORMAT) throw new MalformedFrame(`an expression of format ${format}`);
  return reader;
}

function openNode(reader: CborReader): { readonly opcode: number; readonly count: number } {
  const length = reader.arrayLength();
  if (length < 1) throw new MalformedFrame('an expression without an operator');
  return { opcode: reader.smallInteger(), count: length - 1 };
}

function readPath(reader: CborReader, count: number): PathElements {
  if (count < 1) throw new MalformedFrame('an empty path');
  const path: (string | number)[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.nextMajor !== major.tag) path.push(reader.text());
    else if (i === 0 || reader.tag() !== LIST_INDEX_TAG) throw new MalformedFrame('a path with a strange element');
    else path.push(listIndex(reader));
  }
  return path;
}

function listIndex(reader: CborReader): number {
  const index = reader.smallInteger();
  if (index < 0) throw new MalformedFrame(`list index ${index}`);
  return index;
}

function combine(opcode: number, operands: readonly Written[]): Written {
  const [first, second, third] = operands as [Written, Written, Written];
  const comparator = comparators[opcode];
  if (comparator !== undefined) {
    expectOperands(opcode, operands, 2);
    return { text: wrap(first, binding.sum) + comparator + wrap(second, binding.sum), binding: binding.atom };
  }
  switch (opcode) {
    case op.and:
      expectOperands(opcode, operands, 2);
      return { text: `${wrap(first, binding.and)} AND ${wrap(second, binding.and)}`, binding: binding.and };
    case op.or:
      expectOperands(opcode, operands, 2);
      return { text: `${first.text} OR ${second.text}`, binding: binding.or };
    case op.not:
      expectOperands(opcode, operands, 1);
      return { text: `NOT ${wrap(first, binding.not)}`, binding: binding.not };
    case op.between:
      expectOperands(opcode, operands, 3);
      return {
        text: `${wrap(first, binding.sum)} BETWEEN ${wrap(second, binding.sum)} AND ${wrap(third, binding.sum)}`,
        binding: binding.atom,
      };
    case op.plus:
    case op.minus:
      expectOperands(opcode, operands, 2);
      return {
        text: wrap(first, binding.atom) + (opcode === op.plus ? '+' : '-') + wrap(second, binding.atom),
        binding: binding.sum,
      };
  }
  const name = functions[opcode];
  if (name === undefined) throw new MalformedFrame(`an operator ${opcode}`);
  return { text: `${name}(${operands.map(({ text }) => text).join(',')})`, binding: binding.atom };
}

function expectOperands(opcode: number, operands: readonly Written[], count: number): void {
  if (operands.length !== count) throw new MalformedFrame(`operator ${opcode} with ${operands.length} operands`);
}

function wrap({ text, binding: own }: Written, needed: number): string {
  return own < needed ? `(${text})` : text;
}
