/** Recursive descent over update expressions. */
import { typeOf, type AttributeType, type AttributeValue } from '../model/attribute-value.ts';
import { pathText, type DocumentPath, type Update, type UpdateAction, type UpdateOperand } from './syntax.ts';
import type { TokenReader } from './token-reader.ts';

const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const;
type Section = (typeof SECTIONS)[number];

const CONDITION_FUNCTIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
  'size',
]);

/** Type names as the messages about ADD and DELETE write them; sets have none, for they are always allowed. */
const TYPE_NAMES: Readonly<Partial<Record<AttributeType, string>>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  NULL: 'NULL',
  BOOL: 'BOOLEAN',
  L: 'LIST',
  M: 'MAP',
};

export class UpdateParser {
  readonly #reader: TokenReader;
  readonly #actions: UpdateAction[] = [];

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  parse(): Update {
    const seen = new Set<Section>();
    do {
      const section = SECTIONS.find((name) => this.#reader.takeKeyword(name));
      if (section === undefined) throw this.#reader.syntaxError();
      if (seen.has(section)) {
        this.#reader.note('section', `The "${section}" section can only be used once in an update expression;`);
      }
      seen.add(section);
      do this.#add(this.#action(section));
      while (this.#reader.takeSymbol(','));
    } while (this.#reader.token.kind !== 'end');
    this.#reader.finish();
    return { actions: this.#actions };
  }

  #action(section: Section): UpdateAction {
    const path = this.#reader.path();
    switch (section) {
      case 'SET':
        this.#reader.expectSymbol('=');
        return { kind: 'set', path, value: this.#sum() };
      case 'REMOVE':
        return { kind: 'remove', path };
      case 'ADD':
      case 'DELETE': {
        const value = this.#reader.value();
        this.#reader.countOperator();
        this.#checkAddOrDelete(section, value);
        return { kind: section === 'ADD' ? 'add' : 'delete', path, value };
      }
    }
  }

  #add(action: UpdateAction): void {
    for (const { path } of this.#actions) this.#checkOverlap(path, action.path);
    this.#actions.push(action);
  }

  #checkOverlap(one: DocumentPath, two: DocumentPath): void {
    const relation = relationOf(one, two);
    if (relation === 'apart') return;
    this.#reader.note(relation, overlapText(relation, one, two));
  }

  #checkAddOrDelete(section: 'ADD' | 'DELETE', value: AttributeValue): void {
    const type = typeOf(value);
    const name = TYPE_NAMES[type];
    if (name === undefined || (section === 'ADD' && type === 'N')) return;
    this.#reader.note(
      'operand',
      'Incorrect operand type for operator or function; ' +
        `operator: ${section}, operand type: ${name}, typeSet: ALLOWED_FOR_${section}_OPERAND`,
    );
  }

  /** An operand, or two of them with + or - between. */
  #sum(): UpdateOperand {
    const left = this.#operandOrGroup();
    const { token } = this.#reader;
    if (token.kind !== 'symbol' || (token.text !== '+' && token.text !== '-')) return left;
    if (left.kind === '+' || left.kind === '-') throw this.#reader.syntaxError();
    this.#reader.advance();
    this.#reader.countOperator();
    const right = this.#operandOrGroup();
    if (right.kind === '+' || right.kind === '-') throw this.#reader.syntaxError();
    this.#checkTypes(token.text, [left, right], 'N');
    return { kind: token.text, left, right };
  }

  #operandOrGroup(): UpdateOperand {
    if (!this.#reader.takeSymbol('(')) return this.#operand();
    this.#reader.enterGroup();
    const inner = this.#sum();
    this.#reader.expectSymbol(')');
    this.#reader.leaveGroup();
    return inner;
  }

  #operand(): UpdateOperand {
    const { token, following } = this.#reader;
    if (token.kind === 'value') return { kind: 'value', value: this.#reader.value() };
    if (token.kind === 'word' && following.kind === 'symbol' && following.text === '(') return this.#call();
    return { kind: 'path', path: this.#reader.path() };
  }

  #call(): UpdateOperand {
    const { text: name } = this.#reader.advance();
    this.#reader.advance();
    const operands: UpdateOperand[] = [];
    do operands.push(this.#operandOrGroup());
    while (this.#reader.takeSymbol(','));
    this.#reader.expectSymbol(')');
    this.#reader.countOperator();
    const [left, right] = operands as [UpdateOperand, UpdateOperand];
    if (name !== 'if_not_exists' && name !== 'list_append') {
      const reason = CONDITION_FUNCTIONS.has(name)
        ? 'The function is not allowed in an update expression'
        : 'Invalid function name';
      this.#reader.note('function', `${reason}; function: ${name}`);
    } else if (operands.length !== 2) {
      this.#reader.note(
        'operand',
        'Incorrect number of operands for operator or function; ' +
          `operator or function: ${name}, number of operands: ${operands.length}`,
      );
    } else if (name === 'list_append') {
      this.#checkTypes(name, operands, 'L');
      return { kind: 'list_append', left, right };
    } else if (left.kind === 'path') {
      this.#checkTypes(name, [right], undefined);
      return { kind: 'if_not_exists', path: left.path, fallback: right };
    } else {
      this.#reader.note('operand', `Operator or function requires a document path; operator or function: ${name}`);
    }
    // A fault was noted, and nobody will see the stand-in.
    return left;
  }

  /** What is nested in an operator or a function: never a list_append or a sum, and values only of the type that fits. */
  #checkTypes(operator: string, operands: readonly UpdateOperand[], type: AttributeType | undefined): void {
    for (const operand of operands) {
      if (operand.kind === 'list_append') {
        this.#reader.note(
          'misuse',
          'The function is not allowed to be used this way in an expression; function: list_append',
        );
      }
      if (operand.kind === '+' || operand.kind === '-') throw this.#reader.syntaxError();
      if (type === undefined || operand.kind !== 'value' || typeOf(operand.value) === type) continue;
      this.#reader.note(
        'operand',
        'Incorrect operand type for operator or function; ' +
          `operator or function: ${operator}, operand type: ${typeOf(operand.value)}`,
      );
    }
  }
}

type Relation = 'apart' | 'overlap' | 'conflict';

/** Overlap: one is or contains the other. Conflict: one takes for a list what the other takes for a map. */
export function relationOf(one: DocumentPath, two: DocumentPath): Relation {
  for (let i = 0; i < one.length && i < two.length; i++) {
    if (typeof one[i] !== typeof two[i]) return 'conflict';
    if (one[i] !== two[i]) return 'apart';
  }
  return 'overlap';
}

export function overlapText(relation: 'overlap' | 'conflict', one: DocumentPath, two: DocumentPath): string {
  return (
    `Two document paths ${relation} with each other; must remove or rewrite one of these paths; ` +
    `path one: ${pathText(one)}, path two: ${pathText(two)}`
  );
}
