/**
 * What the parsers of all expressions share: the tokens, document paths, placeholders, and the faults found on
 * the way. A syntax error ends parsing at once. All other faults are noted and thrown at the end, because DynamoDB reads the
 * whole expression first and reports faults by their class, then by their place.
 */
import { validationError, type ServiceError } from '../model/service-error.ts';
import type { AttributeValue } from '../model/attribute-value.ts';
import { tokenise, type Token } from './lexer.ts';
import type { Placeholders } from './placeholders.ts';
import { isReservedWord } from './reserved-words.ts';
import type { DocumentPath, ExpressionParameter } from './syntax.ts';
import { TokenCursor } from './token-cursor.ts';

const EXPRESSION_BYTES_MAX = 4096;
const OPERATORS_MAX = 300;
const PATH_ELEMENTS_MAX = 32;
const LIST_INDEX_MAX = 2 ** 31 - 1;

export const REDUNDANT_PARENTHESES = 'The expression has redundant parentheses;';

/** In the order in which DynamoDB reports them. */
const FAULT_CLASSES = [
  'parentheses',
  'function',
  'misuse',
  'reserved',
  'section',
  'undefined',
  'overlap',
  'conflict',
  'operand',
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

export class TokenReader extends TokenCursor<Token> {
  readonly parameter: ExpressionParameter;
  readonly #expression: string;
  readonly #placeholders: Placeholders;
  readonly #faults = new Map<FaultClass, string>();
  #operators = 0;
  #groups = 0;

  /** @throws {ServiceError} ValidationException when there is nothing to read, or too much, or what is no token. */
  constructor(parameter: ExpressionParameter, expression: string, placeholders: Placeholders) {
    super(tokensOf(parameter, expression));
    this.parameter = parameter;
    this.#expression = expression;
    this.#placeholders = placeholders;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.syntaxError();
  }

  /** Names the current token, with the one before and the one after it. */
  syntaxError(): ServiceError {
    const { token } = this;
    const before = this.preceding ?? token;
    const after = token.kind === 'end' ? before : this.following;
    const near = this.#expression.slice(before.start, after.kind === 'end' ? token.end : after.end);
    return this.error(`Syntax error; token: "${token.text}", near: "${near}"`);
  }

  error(message: string): ServiceError {
    return invalid(this.parameter, message);
  }

  /** Of one class, the fault that comes first in the text counts. */
  note(fault: FaultClass, message: string): void {
    if (!this.#faults.has(fault)) this.#faults.set(fault, message);
  }

  countOperator(): void {
    this.#operators++;
  }

  /**
   * To be called at an opening parenthesis, and `leaveGroup` at its end. More groups inside each other than operators are
   * allowed cannot all have a use; refusing them at once keeps the parser's recursion short.
   */
  enterGroup(): void {
    if (++this.#groups > OPERATORS_MAX) throw this.error(REDUNDANT_PARENTHESES);
  }

  leaveGroup(): void {
    this.#groups--;
  }

  /** In a condition undefined placeholders are reported where they stand, elsewhere before all other operands. */
  #noteUndefined(message: string): void {
    const { parameter } = this;
    const inOrder = parameter !== 'UpdateExpression' && parameter !== 'ProjectionExpression';
    this.note(inOrder ? 'operand' : 'undefined', message);
  }

  /** Ends the parse. @throws {ServiceError} ValidationException when text is left or a fault was noted. */
  finish(): void {
    if (this.token.kind !== 'end') throw this.syntaxError();
    for (const fault of FAULT_CLASSES) {
      const message = this.#faults.get(fault);
      if (message !== undefined) throw this.error(message);
    }
    if (this.#operators > OPERATORS_MAX) {
      throw this.error(`The expression contains too many operators; operator count: ${this.#operators}`);
    }
  }

  isPathNext(): boolean {
    return this.token.kind === 'word' || this.token.kind === 'name';
  }

  path(): DocumentPath {
    const path: (string | number)[] = [this.#pathName()];
    for (;;) {
      if (this.takeSymbol('.')) path.push(this.#pathName());
      else if (this.takeSymbol('[')) path.push(this.#listIndex());
      else break;
    }
    if (path.length > PATH_ELEMENTS_MAX) {
      this.note('operand', `The document path has too many nesting levels; nesting levels: ${path.length}`);
    }
    return path;
  }

  #pathName(): string {
    const { kind, text } = this.token;
    if (kind === 'word') {
      this.advance();
      if (isReservedWord(text)) {
        this.note('reserved', `Attribute name is a reserved keyword; reserved keyword: ${text}`);
      }
      return text;
    }
    if (kind !== 'name') throw this.syntaxError();
    this.advance();
    const name = this.#placeholders.name(text);
    if (name === undefined) {
      this.#noteUndefined(
        `An expression attribute name used in the document path is not defined; attribute name: ${text}`,
      );
    }
    return name ?? text;
  }

  #listIndex(): number {
    if (this.token.kind !== 'number') throw this.syntaxError();
    const { text } = this.advance();
    if (Number(text) > LIST_INDEX_MAX) {
      this.note('operand', `List index is not within the allowable range; index: [${text}]`);
    }
    this.expectSymbol(']');
    return Number(text);
  }

  /** The value of the `:placeholder` that comes next. */
  value(): AttributeValue {
    if (this.token.kind !== 'value') throw this.syntaxError();
    const { text } = this.advance();
    const value = this.#placeholders.value(text);
    if (value === undefined) {
      this.note('operand', `An expression attribute value used in expression is not defined; attribute value: ${text}`);
    }
    // The fault is thrown before anybody can see the stand-in.
    return value ?? { NULL: true };
  }
}

function tokensOf(parameter: ExpressionParameter, expression: string): readonly Token[] {
  if (expression.trim() === '') throw invalid(parameter, 'The expression can not be empty;');
  const size = Buffer.byteLength(expression);
  if (size > EXPRESSION_BYTES_MAX) {
    const message = `Expression size has exceeded the maximum allowed size; expression size: ${size}`;
    throw invalid(parameter, message);
  }
  return tokenise(expression);
}

function invalid(parameter: ExpressionParameter, message: string): ServiceError {
  return validationError(`Invalid ${parameter}: ${message}`);
}
