/** Cuts an expression into tokens. It never fails: what is no token of the grammar is one character, for the parser to refuse. */

export type TokenKind = 'word' | 'name' | 'value' | 'number' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offsets in the expression. */
  readonly start: number;
  readonly end: number;
}

const SPACE = /[ \t\r\n\f]/;
const DIGIT = /[0-9]/;
const LETTER = /[a-zA-Z]/;
const WORD = /[0-9a-zA-Z_]/;

export function tokenise(expression: string): Token[] {
  const tokens: Token[] = [];
  let start = 0;
  while (start < expression.length) {
    if (SPACE.test(expression[start] as string)) {
      start++;
      continue;
    }
    const [kind, end] = tokenAt(expression, start);
    tokens.push({ kind, text: expression.slice(start, end), start, end });
    start = end;
  }
  tokens.push({ kind: 'end', text: '<EOF>', start, end: start });
  return tokens;
}

function tokenAt(expression: string, start: number): [kind: TokenKind, end: number] {
  const first = expression[start] as string;
  if (LETTER.test(first)) return ['word', runEnd(expression, start + 1, WORD)];
  if (DIGIT.test(first)) return ['number', runEnd(expression, start + 1, DIGIT)];
  if (first === '#' || first === ':') {
    const end = runEnd(expression, start + 1, WORD);
    return end > start + 1 ? [first === '#' ? 'name' : 'value', end] : ['symbol', end];
  }
  const two = expression.slice(start, start + 2);
  return ['symbol', start + (two === '<=' || two === '>=' || two === '<>' ? 2 : 1)];
}

function runEnd(expression: string, start: number, characters: RegExp): number {
  let end = start;
  while (end < expression.length && characters.test(expression[end] as string)) end++;
  return end;
}
