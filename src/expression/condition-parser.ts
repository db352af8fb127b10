/** Recursive descent over condition, filter and key condition expressions; `check-operands.ts` knows which operands go where. */
import { assert } from '../base/errors.ts';
import type { AttributeType } from '../model/attribute-value.ts';
import { checkBetween, checkComparison, checkFunction, checkIn } from './check-operands.ts';
import type { Comparator, Condition, Operand } from './syntax.ts';
import { REDUNDANT_PARENTHESES, type TokenReader } from './token-reader.ts';

const COMPARATORS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);
const FUNCTIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
]);
const UPDATE_FUNCTIONS: ReadonlySet<string> = new Set(['if_not_exists', 'list_append']);
const EXPRESSION_NAMES = {
  ConditionExpression: 'a condition expression',
  FilterExpression: 'a filter expression',
  KeyConditionExpression: 'a key condition expression',
  ProjectionExpression: 'a projection expression',
  UpdateExpression: 'an update expression',
} as const;

/**
 * Parentheses may hold a condition or an operand, and which of them is known only behind them; so every rule gives what it
 * found, and the rule above says what it needs.
 */
type Found =
  | { readonly kind: 'condition'; readonly condition: Condition; readonly text: FoundText }
  | { readonly kind: 'operand'; readonly operand: Operand; readonly text: FoundText };

/** How it was written: in parentheses of its own, or as a call of that function. */
type FoundText = 'plain' | 'parentheses' | { readonly call: string };

export class ConditionParser {
  readonly #reader: TokenReader;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  parse(): Condition {
    const condition = this.#condition(this.#or());
    this.#reader.finish();
    return condition;
  }

  #or(): Found {
    return this.#chain('or', () => this.#and());
  }

  #and(): Found {
    return this.#chain('and', () => this.#not());
  }

  #chain(kind: 'and' | 'or', part: () => Found): Found {
    const first = part();
    if (!this.#reader.isKeyword(kind.toUpperCase())) return first;
    const conditions = [this.#condition(first)];
    while (this.#reader.takeKeyword(kind.toUpperCase())) {
      this.#reader.countOperator();
      conditions.push(this.#condition(part()));
    }
    return { kind: 'condition', condition: { kind, conditions }, text: 'plain' };
  }

  #not(): Found {
    if (!this.#reader.takeKeyword('NOT')) return this.#comparison();
    this.#reader.countOperator();
    const condition: Condition = { kind: 'not', condition: this.#condition(this.#not()) };
    return { kind: 'condition', condition, text: 'plain' };
  }

  #comparison(): Found {
    const left = this.#primary();
    const { token } = this.#reader;
    if (token.kind === 'symbol' && COMPARATORS.has(token.text)) return this.#compare(left);
    if (this.#reader.takeKeyword('BETWEEN')) return this.#between(left);
    if (this.#reader.takeKeyword('IN')) return this.#in(left);
    return left;
  }

  #compare(left: Found): Found {
    const leftOperand = this.#operand(left);
    const comparator = this.#reader.advance().text as Comparator;
    this.#reader.countOperator();
    const right = this.#operand(this.#primary());
    checkComparison(this.#reader, comparator, leftOperand, right);
    return found({ kind: 'compare', comparator, left: leftOperand, right });
  }

  #between(left: Found): Found {
    const operand = this.#operand(left);
    this.#reader.countOperator();
    const low = this.#operand(this.#primary());
    if (!this.#reader.takeKeyword('AND')) throw this.#reader.syntaxError();
    const high = this.#operand(this.#primary());
    checkBetween(this.#reader, operand, low, high);
    return found({ kind: 'between', operand, low, high });
  }

  #in(left: Found): Found {
    const operand = this.#operand(left);
    this.#reader.countOperator();
    this.#reader.expectSymbol('(');
    const choices = this.#list();
    checkIn(this.#reader, operand, choices);
    return found({ kind: 'in', operand, choices });
  }

  #primary(): Found {
    const { token } = this.#reader;
    if (this.#reader.takeSymbol('(')) return this.#group();
    if (token.kind === 'value') {
      return { kind: 'operand', operand: { kind: 'value', value: this.#reader.value() }, text: 'plain' };
    }
    if (token.kind === 'word') {
      if (isOperatorWord(token.text)) throw this.#reader.syntaxError();
      const { following } = this.#reader;
      if (following.kind === 'symbol' && following.text === '(') return this.#call();
    }
    if (!this.#reader.isPathNext()) throw this.#reader.syntaxError();
    return { kind: 'operand', operand: { kind: 'path', path: this.#reader.path() }, text: 'plain' };
  }

  #group(): Found {
    this.#reader.enterGroup();
    const inner = this.#or();
    this.#reader.expectSymbol(')');
    this.#reader.leaveGroup();
    if (inner.text === 'parentheses') this.#reader.note('parentheses', REDUNDANT_PARENTHESES);
    return { ...inner, text: 'parentheses' };
  }

  /** A call of a function, whose name comes next. */
  #call(): Found {
    const { text: name } = this.#reader.advance();
    this.#reader.advance();
    const operands = this.#list();
    this.#reader.countOperator();
    if (UPDATE_FUNCTIONS.has(name)) {
      const where = EXPRESSION_NAMES[this.#reader.parameter];
      this.#reader.note('function', `The function is not allowed in ${where}; function: ${name}`);
    } else if (name !== 'size' && !FUNCTIONS.has(name)) {
      this.#reader.note('function', `Invalid function name; function: ${name}`);
    } else {
      checkFunction(this.#reader, name, operands);
    }
    const text = { call: name };
    // Where the name or the number of operands is wrong, a fault is noted and nobody will see the stand-ins.
    const first = operands[0] as Operand;
    if (!FUNCTIONS.has(name)) return { kind: 'operand', operand: { kind: 'size', of: first }, text };
    return { kind: 'condition', condition: callOf(name, first, operands[1] ?? first), text };
  }

  /** Operands up to the closing parenthesis. */
  #list(): Operand[] {
    const operands: Operand[] = [];
    do operands.push(this.#operand(this.#primary()));
    while (this.#reader.takeSymbol(','));
    this.#reader.expectSymbol(')');
    return operands;
  }

  /** What was found has to be an operand. */
  #operand(it: Found): Operand {
    if (it.kind === 'operand') return it.operand;
    if (typeof it.text !== 'object') throw this.#reader.syntaxError();
    this.#noteMisuse(it.text.call);
    return { kind: 'value', value: { NULL: true } };
  }

  /** What was found has to be a condition. */
  #condition(it: Found): Condition {
    if (it.kind === 'condition') return it.condition;
    const { operand } = it;
    // A path or a value alone: the next token should have been a comparator.
    if (operand.kind !== 'size') throw this.#reader.syntaxError();
    this.#noteMisuse('size');
    return { kind: 'attribute_exists', path: [] };
  }

  #noteMisuse(name: string): void {
    this.#reader.note('misuse', `The function is not allowed to be used this way in an expression; function: ${name}`);
  }
}

function found(condition: Condition): Found {
  return { kind: 'condition', condition, text: 'plain' };
}

function isOperatorWord(word: string): boolean {
  return /^(?:and|or|not|between|in)$/i.test(word);
}

function callOf(name: string, first: Operand, second: Operand): Condition {
  switch (name) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      return { kind: name, path: first.kind === 'path' ? first.path : [] };
    case 'attribute_type': {
      const type = second.kind === 'value' && 'S' in second.value ? second.value.S : 'NULL';
      return { kind: 'attribute_type', operand: first, type: type as AttributeType };
    }
    default:
      assert(name === 'begins_with' || name === 'contains', `unknown function ${name}`);
      return { kind: name, operand: first, part: second };
  }
}
