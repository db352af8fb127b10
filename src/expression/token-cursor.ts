/** A place in a list of tokens, which ends with one of the kind `end`: what the readers of expressions and statements share. */

interface PlacedToken {
  readonly kind: string;
  readonly text: string;
}

export class TokenCursor<Token extends PlacedToken> {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get token(): Token {
    return this.#tokens[this.#position] as Token;
  }

  /** The token before the current one. */
  get preceding(): Token | undefined {
    return this.#tokens[this.#position - 1];
  }

  /** The token after the current one. */
  get following(): Token {
    return this.#tokens[Math.min(this.#position + 1, this.#tokens.length - 1)] as Token;
  }

  advance(): Token {
    const { token } = this;
    if (token.kind !== 'end') this.#position++;
    return token;
  }

  isSymbol(symbol: string): boolean {
    return this.token.kind === 'symbol' && this.token.text === symbol;
  }

  /** Takes the symbol when it comes next. */
  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false;
    this.#position++;
    return true;
  }

  isKeyword(keyword: string): boolean {
    return this.token.kind === 'word' && this.token.text.toUpperCase() === keyword;
  }

  takeKeyword(keyword: string): boolean {
    if (!this.isKeyword(keyword)) return false;
    this.#position++;
    return true;
  }
}
