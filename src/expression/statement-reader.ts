/**
 * What the parsers of a PartiQL statement share: the tokens, names and paths, parameters, and the faults found on the
 * way. What is not well formed ends parsing at once; other faults are noted and the first of them is thrown at the end, because
 * DynamoDB reads the whole statement before it looks at what it means.
 */
import type { AttributeValue } from '../model/attribute-value.ts';
import { validationError, type ServiceError } from '../model/service-error.ts';
import { isOperatorKeyword, isPartiqlKeyword } from './partiql-keywords.ts';
import { malformed, tokenisePartiql, type PartiqlToken } from './partiql-lexer.ts';
import type { DocumentPath } from './syntax.ts';
import { TokenCursor } from './token-cursor.ts';
import type { FaultClass } from './token-reader.ts';

const LIST_INDEX_MAX = 2 ** 31 - 1;
/** Parentheses inside each other; as many as any other expression of a request may have operators. Keeps the recursion short. */
const GROUPS_MAX = 300;

const OPERATORS: ReadonlySet<string> = new Set(['=', '<', '<=', '>', '>=', '<>', '!=', '*', '%', '||']);

export class StatementReader extends TokenCursor<PartiqlToken> {
  readonly #statement: string;
  readonly #parameters: readonly AttributeValue[];
  #parametersRead = 0;
  #groups = 0;
  #fault: string | undefined;

  /** @throws {ServiceError} ValidationException for what is no token. */
  constructor(statement: string, parameters: readonly AttributeValue[]) {
    super(tokenisePartiql(statement));
    this.#statement = statement;
    this.#parameters = parameters;
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected();
  }

  /** True when nothing but a semicolon is left. */
  get isAtEnd(): boolean {
    return this.token.kind === 'end' || (this.isSymbol(';') && this.following.kind === 'end');
  }

  /** Leaves out what stands behind a fault that was noted. */
  skipRest(): void {
    while (!this.isAtEnd) {
      if (this.isSymbol('?')) this.parameter();
      else this.advance();
    }
  }

  /** Says what the current token is, where something else should begin. */
  unexpected(): ServiceError {
    const { kind, text } = this.token;
    if (kind === 'word' && isOperatorKeyword(text)) return malformed('Unexpected operator');
    if (kind === 'word' && isPartiqlKeyword(text)) return malformed('Unexpected keyword');
    return malformed(kind === 'symbol' && OPERATORS.has(text) ? 'Unexpected operator' : 'Unexpected term');
  }

  /** Notes what is wrong with a statement that is well formed; what was noted first counts. */
  fault(message: string): void {
    this.#fault ??= message;
  }

  /** The same, with the place in the statement that DynamoDB adds to some messages: line, column and length. */
  faultAt(message: string, { start, end }: Pick<PartiqlToken, 'start' | 'end'>): void {
    const lines = this.#statement.slice(0, start).split('\n');
    const column = (lines.at(-1) as string).length + 1;
    this.fault(`${message} at ${lines.length}:${column}:${end - start}`);
  }

  /** For the checks that all expressions share; the classes of their faults mean nothing here. */
  note(_class: FaultClass, message: string): void {
    this.fault(message);
  }

  /** To be called at an opening parenthesis, and `leaveGroup` at its end. */
  enterGroup(): void {
    if (++this.#groups > GROUPS_MAX) throw malformed('Expression is nested too deeply');
  }

  leaveGroup(): void {
    this.#groups--;
  }

  /** Ends the parse. @throws {ServiceError} ValidationException when text is left or a fault was noted. */
  finish(): void {
    if (!this.isAtEnd) throw malformed('Unexpected token after expression');
    if (this.#parametersRead !== this.#parameters.length) {
      throw validationError("Number of parameters in request and statement don't match.");
    }
    if (this.#fault !== undefined) throw validationError(this.#fault);
  }

  /** The value for the `?` that comes next. */
  parameter(): AttributeValue {
    this.expectSymbol('?');
    // Where there is none, the numbers don't match at the end, and nobody can see the stand-in.
    return this.#parameters[this.#parametersRead++] ?? { NULL: true };
  }

  get isNameNext(): boolean {
    const { kind, text } = this.token;
    return kind === 'quoted' || (kind === 'word' && !isPartiqlKeyword(text));
  }

  name(): string {
    if (!this.isNameNext) throw this.unexpected();
    return this.advance().text;
  }

  /** A call of a function comes next; their names may be keywords. */
  get isCallNext(): boolean {
    return this.token.kind === 'word' && this.following.kind === 'symbol' && this.following.text === '(';
  }

  path(): DocumentPath {
    const path: (string | number)[] = [this.name()];
    for (;;) {
      if (this.takeSymbol('.')) path.push(this.#nameBehindDot());
      else if (this.takeSymbol('[')) path.push(this.#bracketed());
      else return path;
    }
  }

  #nameBehindDot(): string {
    if (this.isSymbol('*')) {
      this.advance();
      this.fault('Unpivot path component like a.*.b are not supported');
      return '*';
    }
    if (!this.isNameNext) {
      throw malformed('Invalid path dot component in this operation, expecting either an IDENTIFIER or STAR.');
    }
    return this.name();
  }

  /** A list index, which may have a sign, or a name in single quotes. */
  #bracketed(): string | number {
    let element: string | number = 0;
    if (this.takeSymbol('*')) {
      this.fault('Wildcard path component like a[*].b are not supported');
    } else if (this.token.kind === 'string') {
      element = this.advance().text;
    } else {
      const isNegative = this.takeSymbol('-');
      const index = this.advance();
      if (index.kind !== 'number' || !/^[0-9]+$/.test(index.text)) throw malformed('Unexpected term');
      element = isNegative ? 0 - Number(index.text) : Number(index.text);
      if (element < 0 || element > LIST_INDEX_MAX) {
        this.faultAt(`List index is not within the allowable range; index: [${element}]`, index);
      }
    }
    this.expectSymbol(']');
    return element;
  }
}
